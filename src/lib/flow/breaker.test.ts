import { beforeEach, describe, expect, it } from 'vitest';
import { stillClock, type TestClock } from '../../../test/support/clock.ts';
import { type Breaker, BreakerOpen, createBreaker } from './breaker.ts';

const COOLDOWN_MS = 5_000;
const fault = new Error('no answer');
const succeed = async () => 'done';
const fail = async () => Promise.reject(fault);

let clock: TestClock;
let breaker: Breaker;

beforeEach(() => {
  clock = stillClock();
  breaker = createBreaker({ failures: 2, cooldown_ms: COOLDOWN_MS, clock });
});

async function open(): Promise<void> {
  await expect(breaker.run(fail)).rejects.toBe(fault);
  await expect(breaker.run(fail)).rejects.toBe(fault);
  expect(breaker.isOpen()).toBe(true);
}

/** Work that ends when the test says so. */
function begin() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { outcome: breaker.run(() => promise), resolve, reject };
}

describe('a breaker', () => {
  it('hands on what work returns and throws', async () => {
    expect(await breaker.run(succeed)).toBe('done');
    await expect(breaker.run(fail)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(false);
  });

  it('opens after so many failures in a row, and not after as many with a success between', async () => {
    await expect(breaker.run(fail)).rejects.toBe(fault);
    await breaker.run(succeed);
    await expect(breaker.run(fail)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(false);
    await expect(breaker.run(fail)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(true);
  });

  it('refuses at once while it is open, without running the work', async () => {
    await open();
    clock.advance(COOLDOWN_MS - 1);
    let ran = 0;
    await expect(breaker.run(async () => (ran += 1))).rejects.toBeInstanceOf(BreakerOpen);
    expect(ran).toBe(0);
  });

  it('lets one trial through after the cooldown and closes when it succeeds', async () => {
    await open();
    clock.advance(COOLDOWN_MS);
    expect(breaker.isOpen()).toBe(false);
    const trial = begin();
    expect(breaker.isOpen()).toBe(true);
    await expect(breaker.run(succeed)).rejects.toBeInstanceOf(BreakerOpen);
    trial.resolve('back');
    expect(await trial.outcome).toBe('back');
    expect(breaker.isOpen()).toBe(false);
    // Whole again: one failure alone does not open it.
    await expect(breaker.run(fail)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(false);
  });

  it('stays open for another cooldown when the trial fails', async () => {
    await open();
    clock.advance(COOLDOWN_MS);
    await expect(breaker.run(fail)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(true);
    clock.advance(COOLDOWN_MS - 1);
    expect(breaker.isOpen()).toBe(true);
    clock.advance(1);
    expect(await breaker.run(succeed)).toBe('done');
  });

  it('is not closed by work that began before it opened', async () => {
    const early = begin();
    await open();
    early.resolve('late');
    expect(await early.outcome).toBe('late');
    expect(breaker.isOpen()).toBe(true);
  });

  it('counts work that throws before it returns a promise', async () => {
    const throws = () => {
      throw fault;
    };
    await expect(breaker.run(throws)).rejects.toBe(fault);
    await expect(breaker.run(throws)).rejects.toBe(fault);
    expect(breaker.isOpen()).toBe(true);
  });
});
