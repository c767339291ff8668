// What produce looks like, drawn: each shape is SVG around the origin, about 50 units high, in the colours it is given.

export interface Colours {
  readonly main: string;
  /** Of stems, leaves, caps and marks. */
  readonly second: string;
}

type Shape = (colours: Colours) => string;

const LEAF = 'M0 0C-9-8-9-20 0-30C9-20 9-8 0 0Z';
const LEAF_GREEN = '#4c9a46';

/** A colour made lighter (share above 0, towards white) or darker (below, towards black). */
export function shade(hex: string, share: number): string {
  const target = share > 0 ? 255 : 0;
  const channels = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16);
    return Math.round(value + (target - value) * Math.abs(share));
  });
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function times(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join('');
}

function leaf(x: number, y: number, angle: number, scale: number, fill: string): string {
  const vein = `<path d="M0-3V-25" stroke="${shade(fill, -0.25)}" stroke-width="1"/>`;
  return `<g transform="translate(${x} ${y}) rotate(${angle}) scale(${scale})"><path d="${LEAF}" fill="${fill}"/>${vein}</g>`;
}

function gloss(x: number, y: number, width: number, height: number): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${width}" ry="${height}" fill="#fff" opacity=".32" transform="rotate(-30 ${x} ${y})"/>`;
}

function ball(radius: number, fill: string): string {
  const r = radius;
  return `<circle r="${r}" fill="${fill}"/><path d="M${-0.75 * r} ${0.66 * r}A${r} ${r} 0 0 0 ${r} 0A${1.25 * r} ${1.25 * r} 0 0 1 ${-0.75 * r} ${0.66 * r}Z" fill="${shade(fill, -0.22)}"/>${gloss(-0.35 * r, -0.4 * r, 0.3 * r, 0.18 * r)}`;
}

function tie(width: number): string {
  return `<rect x="${-width / 2}" y="9" width="${width}" height="5" rx="2" fill="#d9a441"/>`;
}

function dots(
  count: number,
  place: (index: number) => readonly [number, number],
  draw: string,
): string {
  return times(count, (index) => {
    const [x, y] = place(index);
    return `<g transform="translate(${x.toFixed(1)} ${y.toFixed(1)})">${draw}</g>`;
  });
}

/** Places on a disc, evenly. */
function spiral(spread: number): (index: number) => readonly [number, number] {
  return (index) => {
    const radius = spread * Math.sqrt(index + 0.4);
    return [radius * Math.cos(index * 2.4), radius * Math.sin(index * 2.4)];
  };
}

export const SHAPES = {
  tomato: ({ main, second }) =>
    `${ball(20, main)}${times(5, (i) => `<path d="M0-15Q4-18 3-26Q-1-20-3-15Z" fill="${second}" transform="translate(0 -1) rotate(${i * 72} 0 -15)"/>`)}`,
  fruit: ({ main, second }) =>
    `${ball(20, main)}<path d="M0-18V-25" stroke="#7a5a34" stroke-width="2.5" stroke-linecap="round"/>${leaf(1, -20, 65, 0.55, second)}`,
  citrus: ({ main, second }) =>
    `${ball(20, main)}${dots(16, spiral(4.2), `<circle r=".7" fill="${shade(main, -0.2)}"/>`)}${leaf(0, -18, 40, 0.6, second)}`,
  mango: ({ main, second }) =>
    `<path d="M-6-24C12-28 24-10 20 6C17 20 2 28-12 20C-24 12-22-20-6-24Z" fill="${main}"/><path d="M20 6C17 20 2 28-12 20C4 20 14 12 20 6Z" fill="${second}" opacity=".75"/>${gloss(-8, -8, 5, 9)}<path d="M-6-23V-29" stroke="#6b4d2e" stroke-width="2.5" stroke-linecap="round"/>`,
  root: ({ main, second }) =>
    `<path d="M-22 4C-24-12-4-20 8-17C22-14 28-2 20 8C10 18-18 20-22 4Z" fill="${main}"/>${gloss(-6, -7, 9, 4)}${times(5, (i) => `<path d="M${-14 + i * 7} ${(i % 2) * 9 - 4}h4" stroke="${second}" stroke-width="1.4" stroke-linecap="round"/>`)}`,
  taper: ({ main, second }) =>
    `${times(5, (i) => leaf(0, -16, i * 22 - 44, 0.72, second))}<path d="M-9-18C0-22 10-20 11-12C10 4 5 20 0 30C-6 20-11 2-12-10C-12-14-11-17-9-18Z" fill="${main}"/>${times(4, (i) => `<path d="M${-8 + i * 1.5} ${-8 + i * 8}h7" stroke="${shade(main, -0.2)}" stroke-width="1.2" stroke-linecap="round"/>`)}`,
  beet: ({ main, second }) =>
    `${times(5, (i) => leaf(0, -12, i * 24 - 48, 0.9, second))}<path d="M0-16C20-16 22 6 8 16C4 19 2 24 0 30C-2 24-4 19-8 16C-22 6-20-16 0-16Z" fill="${main}"/>${gloss(-7, -5, 5, 3)}`,
  long: ({ main, second }) =>
    `<path d="M-27 13C-24-7 2-20 23-18C29-17 29-8 24-6C10-2-6 6-14 18C-19 24-28 21-27 13Z" fill="${main}"/><path d="M-14 18C-6 6 10-2 24-6C8-6-10 2-20 18Z" fill="${shade(main, -0.25)}"/><path d="M20-18C27-22 32-18 30-12L23-6C18-8 17-14 20-18Z" fill="${second}"/>`,
  ribbed: ({ main, second }) =>
    `<path d="M-28 13C-24-6 2-20 25-18C30-17 29-8 25-6C10-2-6 6-15 19C-20 25-29 21-28 13Z" fill="${main}"/>${times(3, (i) => `<path d="M${-25 + i * 4} ${12 + i * 3}C-16 ${-4 + i * 3} 4 ${-13 + i * 3} 25 ${-15 + i * 3}" fill="none" stroke="${second}" stroke-width="2" stroke-dasharray="3 3" stroke-linecap="round"/>`)}`,
  chili: ({ main, second }) =>
    `<path d="M-24 16C-4 16 10 2 12-14C20-14 22-8 19-2C12 14-8 24-24 16Z" fill="${main}"/><path d="M10-14C12-18 20-18 21-12Q14-9 10-14Z" fill="${second}"/><path d="M16-16Q16-23 21-25" fill="none" stroke="${second}" stroke-width="2.5" stroke-linecap="round"/>`,
  pepper: ({ main, second }) =>
    `<path d="M0-14C8-20 24-16 21 2C19 14 14 24 8 22C4 20 2 22 0 22C-2 22-4 20-8 22C-14 24-19 14-21 2C-24-16-8-20 0-14Z" fill="${main}"/><path d="M-7-15C-10 0-8 14-5 21M7-15C10 0 8 14 5 21" fill="none" stroke="${shade(main, -0.2)}" stroke-width="1.6"/>${gloss(-14, -4, 2.5, 6)}<path d="M0-13C-1-19 1-23 5-26" stroke="${second}" stroke-width="4" fill="none" stroke-linecap="round"/>`,
  leaves: ({ main, second }) =>
    `${times(7, (i) => `<path d="M0 24L${(i - 3) * 5.5} ${-6 - (3 - Math.abs(i - 3)) * 3}" stroke="${second}" stroke-width="2.2" stroke-linecap="round"/>`)}${times(7, (i) => leaf((i - 3) * 5.2, -2 - (3 - Math.abs(i - 3)) * 3, (i - 3) * 17, 0.9, i % 2 ? main : shade(main, 0.14)))}${tie(14)}`,
  sprigs: ({ main, second }) =>
    times(
      3,
      (s) =>
        `<g transform="translate(${(s - 1) * 9} 22) rotate(${(s - 1) * 17})"><path d="M0 0V-40" stroke="${second}" stroke-width="1.8"/>${times(6, (i) => leaf(0, -8 - i * 6, i % 2 ? 58 : -58, 0.38, i % 2 ? main : shade(main, 0.14)))}${leaf(0, -38, 0, 0.36, main)}</g>`,
    ) + tie(12),
  head: ({ main, second }) =>
    `<circle r="24" fill="${second}"/>${times(6, (i) => `<path d="M0 22C-22 16-20-12-4-22C14-14 18 10 0 22Z" fill="${i % 2 ? main : shade(main, 0.12)}" stroke="${shade(main, -0.12)}" stroke-width=".8" transform="rotate(${i * 60}) scale(.82)"/>`)}<circle r="8" fill="${shade(main, 0.3)}"/>${times(3, (i) => `<path d="M-6 0Q0-7 6 0" fill="none" stroke="${shade(main, -0.08)}" stroke-width="1.2" transform="rotate(${i * 120})"/>`)}`,
  bokchoy: ({ main, second }) =>
    `${times(5, (i) => leaf((i - 2) * 6, 2, (i - 2) * 20, 0.95, i % 2 ? main : shade(main, 0.12)))}<path d="M-13 2C-12 14-10 24 0 26C10 24 12 14 13 2C8 8 4 4 0 8C-4 4-8 8-13 2Z" fill="${second}"/>`,
  floret: ({ main, second }) =>
    `<path d="M-7 2L-6 25H6L7 2Z" fill="${second}"/><path d="M-5 10L-15-2M5 10L15-2" stroke="${second}" stroke-width="5"/>${dots(15, (i) => [-18 + (i % 5) * 9, -18 + Math.floor(i / 5) * 8 + Math.abs((i % 5) - 2) * 2], `<circle r="6.5" fill="${main}"/><circle cx="-1.5" cy="-1.5" r="3" fill="${shade(main, 0.18)}"/>`)}`,
  pods: ({ main, second }) =>
    times(
      5,
      (i) =>
        `<g transform="translate(0 ${(i - 2) * 8}) rotate(${(i - 2) * 5})"><path d="M-27 2Q0-9 27 1" fill="none" stroke="${i % 2 ? main : shade(main, 0.14)}" stroke-width="6" stroke-linecap="round"/>${times(6, (j) => `<circle cx="${-20 + j * 8}" cy="${-2.6 - (2.5 - Math.abs(j - 2.5)) * 0.7}" r="1.6" fill="${second}" opacity=".65"/>`)}</g>`,
    ),
  bulb: ({ main, second }) =>
    `<path d="M0-27C3-18 20-12 20 4C20 18 8 21 0 21C-8 21-20 18-20 4C-20-12-3-18 0-27Z" fill="${main}"/><path d="M0-25C-3-12-11-2-9 19M0-25C3-12 11-2 9 19M0-25V20" fill="none" stroke="${second}" stroke-width="1.3" opacity=".7"/>${gloss(-11, 0, 3, 6)}<path d="M-5 21l2 5M0 21v6M5 21l-2 5" stroke="#b79b6c" stroke-width="1.3"/>`,
  ginger: ({ main, second }) =>
    `<g fill="${main}"><ellipse rx="15" ry="10" transform="rotate(-20)"/><ellipse cx="-17" cy="8" rx="10" ry="7" transform="rotate(30 -17 8)"/><ellipse cx="16" cy="-10" rx="10" ry="7" transform="rotate(-50 16 -10)"/><ellipse cx="10" cy="11" rx="9" ry="6"/><ellipse cx="-7" cy="-12" rx="8" ry="6"/></g>${times(6, (i) => `<path d="M${-20 + i * 7} ${[8, 3, -3, 2, -6, 9][i]}q2-3 5-2" fill="none" stroke="${second}" stroke-width="1.4"/>`)}`,
  stalks: ({ main, second }) =>
    `${times(7, (i) => `<path d="M${(i - 3) * 2.6} 26Q${(i - 3) * 3.4} 0 ${(i - 3) * 6.4}-27" fill="none" stroke="${i % 2 ? main : shade(main, 0.16)}" stroke-width="4" stroke-linecap="round"/>`)}${times(7, (i) => `<path d="M${(i - 3) * 2.6} 26L${(i - 3) * 2.9} 15" stroke="${second}" stroke-width="4.2" stroke-linecap="round"/>`)}${tie(22)}`,
  spears: ({ main, second }) =>
    `${times(5, (i) => `<g transform="translate(${(i - 2) * 7} 0) rotate(${(i - 2) * 3})"><path d="M-3 26V-14Q0-30 3-14V26Z" fill="${i % 2 ? main : shade(main, 0.12)}"/>${times(4, (j) => `<path d="M-2 ${-12 + j * 9}L0 ${-17 + j * 9}L2 ${-12 + j * 9}Z" fill="${second}"/>`)}</g>`)}${tie(38)}`,
  cluster: ({ main, second }) =>
    `<path d="M0-22Q1-28 6-30" fill="none" stroke="#7a5a34" stroke-width="2.5" stroke-linecap="round"/>${leaf(3, -23, 70, 0.6, second)}${times(
      15,
      (i) => {
        const row = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4][i] ?? 0;
        const start = [0, 5, 9, 12, 14][row] ?? 0;
        return `<g transform="translate(${(i - start - (4 - row) / 2) * 11} ${-15 + row * 9})">${ball(6.4, i % 3 ? main : shade(main, 0.1))}</g>`;
      },
    )}`,
  hairy: ({ main, second }) =>
    times(
      3,
      (s) =>
        `<g transform="translate(${[-13, 13, 0][s]} ${[-7, -5, 13][s]})">${times(18, (i) => `<path d="M0-10V-16" stroke="${second}" stroke-width="1.5" stroke-linecap="round" transform="rotate(${i * 20})"/>`)}${ball(12, main)}</g>`,
    ),
  bumpy: ({ main, second }) =>
    `<path d="M0-24C16-24 24-10 22 4C20 18 10 25 0 25C-10 25-20 18-22 4C-24-10-16-24 0-24Z" fill="${main}"/>${dots(30, (i) => [-17 + (i % 6) * 7 + (Math.floor(i / 6) % 2) * 2 - 1, -16 + Math.floor(i / 6) * 8.5], `<path d="M-3 2L0-3L3 2Z" fill="${second}"/>`)}<path d="M0-23V-30" stroke="#7a5a34" stroke-width="3.5" stroke-linecap="round"/>`,
  bananas: ({ main, second }) =>
    `${times(4, (i) => `<path d="M${-4 + i} -24C${-16 + i * 9} ${-8} ${-18 + i * 10} 10 ${-8 + i * 9} ${22 - Math.abs(i - 1.5) * 2}C${0 + i * 9} ${18} ${-4 + i * 9} -4 ${3 + i * 1.5} -24Z" fill="${i % 2 ? main : shade(main, 0.14)}" stroke="${shade(main, -0.2)}" stroke-width=".8" transform="translate(-10 2)"/>`)}<rect x="-15" y="-29" width="14" height="8" rx="3" fill="${second}"/>`,
  melon: ({ main, second }) =>
    `<circle r="25" fill="${main}"/><g fill="none" stroke="${second}" stroke-width="3">${times(5, (i) => `<path d="M0-25Q${(i - 2) * 22} 0 0 25"/>`)}</g>${gloss(-9, -11, 7, 4)}<path d="M0-25q1-5 5-6" fill="none" stroke="#6f8a3a" stroke-width="3" stroke-linecap="round"/>`,
  pumpkin: ({ main, second }) =>
    `${times(5, (i) => `<ellipse cx="${[-15, 15, -8, 8, 0][i]}" cy="3" rx="${[12, 12, 12, 12, 10][i]}" ry="${[17, 17, 19, 19, 20][i]}" fill="${i < 2 ? shade(main, -0.14) : i < 4 ? main : shade(main, 0.1)}"/>`)}<path d="M-3-15C-3-23 0-27 6-28" fill="none" stroke="${second}" stroke-width="5" stroke-linecap="round"/>`,
  gourd: ({ main, second }) =>
    `<path d="M0-27C7-27 8-16 10-8C13 0 20 6 18 15C16 25 6 27 0 27C-6 27-16 25-18 15C-20 6-13 0-10-8C-8-16-7-27 0-27Z" fill="${main}"/><path d="M18 15C16 25 6 27 0 27C-4 27-9 26-13 23C2 22 12 14 14 2C17 6 19 10 18 15Z" fill="${shade(main, -0.18)}"/>${gloss(-7, 5, 3, 8)}<path d="M0-26V-31" stroke="${second}" stroke-width="4" stroke-linecap="round"/>`,
  pineapple: ({ main, second }) =>
    `${times(7, (i) => `<path d="M-3-10Q${(i - 3) * 5}-20 ${(i - 3) * 7}-31Q${(i - 3) * 2 + 2}-20 3-10Z" fill="${i % 2 ? second : shade(second, 0.15)}"/>`)}<ellipse cy="8" rx="16" ry="20" fill="${main}"/><g stroke="${shade(main, -0.28)}" stroke-width="1.4">${times(5, (i) => `<path d="M${-14 + i * 5}-6L${-4 + i * 5} 25M${14 - i * 5}-6L${4 - i * 5} 25"/>`)}</g>`,
  corn: ({ main, second }) =>
    `<ellipse cy="-2" rx="11" ry="26" fill="${main}"/>${dots(35, (i) => [-8 + (i % 5) * 4, -22 + Math.floor(i / 5) * 6.4], `<circle r="1.9" fill="${shade(main, 0.25)}"/>`)}<path d="M0 28C-20 22-19-2-13-14C-11 4-6 16 0 28Z" fill="${second}"/><path d="M0 28C20 22 19-2 13-14C11 4 6 16 0 28Z" fill="${shade(second, 0.15)}"/>`,
  bowl: ({ main, second }) =>
    `<path d="M-24 0Q-14-19 0-20Q14-19 24 0Z" fill="${main}"/>${dots(34, (i) => [-19 + ((i * 7) % 39), -2 - ((i * 5) % 14) * (1 - Math.abs(((i * 7) % 39) - 19) / 22)], `<ellipse rx="2" ry="1.1" fill="${grain(main)}"/>`)}<path d="M-28 0H28C26 16 14 23 0 23C-14 23-26 16-28 0Z" fill="${second}"/><path d="M-28 0H28L27 4H-27Z" fill="${shade(second, 0.2)}"/>`,
  sack: ({ main, second }) =>
    `<path d="M-19-18C-24 0-25 16-21 26H21C25 16 24 0 19-18C10-13-10-13-19-18Z" fill="${second}"/><path d="M-17-20Q0-30 17-20Q0-11-17-20Z" fill="${main}"/><circle cy="8" r="9" fill="#fff" opacity=".65"/>${leaf(0, 14, 0, 0.4, LEAF_GREEN)}`,
  eggs: ({ main, second }) =>
    `${times(2, (r) => times(4, (i) => `<g transform="translate(${-21 + i * 14} ${-8 + r * 12})"><path d="M0-9C6-9 7 6 0 6C-7 6-6-9 0-9Z" fill="${main}"/>${gloss(-1.5, -4, 1.4, 2)}</g>`))}<path d="M-30 4H30L26 18H-26Z" fill="${second}"/><path d="M-30 4H30L29 8H-29Z" fill="${shade(second, 0.2)}"/>`,
  jar: ({ main, second }) =>
    `<rect x="-16" y="-16" width="32" height="42" rx="6" fill="${main}"/><rect x="-13" y="-27" width="26" height="11" rx="3" fill="${second}"/><rect x="-16" y="-2" width="32" height="17" fill="#fffaf0"/>${leaf(0, 13, 0, 0.42, LEAF_GREEN)}<rect x="-12" y="-13" width="4" height="36" rx="2" fill="#fff" opacity=".3"/>`,
  pouch: ({ main, second }) =>
    `<path d="M-18-24H18L20 26H-20Z" fill="${main}"/><path d="M-18-24H18L18.4-16H-18.4Z" fill="${shade(main, -0.2)}"/><circle cy="3" r="12" fill="#fffaf0"/>${dots(6, spiral(3.4), `<g transform="translate(0 3)"><ellipse rx="3.4" ry="2.3" fill="${second}"/></g>`)}`,
  mushrooms: ({ main, second }) =>
    times(
      3,
      (s) =>
        `<g transform="translate(${[-14, 14, 0][s]} ${[2, 0, 10][s]}) scale(${[0.8, 0.85, 1][s]})"><path d="M-5 0L-4 17H4L5 0Z" fill="${second}"/><path d="M-19 2C-18-14-8-19 0-19C8-19 18-14 19 2Q0 8-19 2Z" fill="${main}"/>${gloss(-7, -9, 4, 2)}</g>`,
    ),
  blossom: ({ main, second }) =>
    `${times(6, (i) => `<path d="M0 2C-11-6-11-19 0-27C11-19 11-6 0 2Z" fill="${i % 2 ? main : shade(main, 0.14)}" transform="rotate(${i * 60})"/>`)}<circle r="7" fill="${second}"/>`,
  bud: ({ main, second }) =>
    `<path d="M0-28C18-14 20 12 0 28C-20 12-18-14 0-28Z" fill="${main}"/><path d="M0-28C2-6 0 10-6 26C-20 12-16-14 0-28Z" fill="${shade(main, -0.2)}"/><path d="M4 27C14 16 16 4 12-8" fill="none" stroke="${second}" stroke-width="3"/>`,
  berries: ({ main, second }) =>
    times(
      3,
      (s) =>
        `<g transform="translate(${[-13, 13, 0][s]} ${[-8, -6, 10][s]})"><path d="M0 16C-12 8-14-6-8-9C-3-11 3-11 8-9C14-6 12 8 0 16Z" fill="${main}"/>${dots(8, spiral(3), `<ellipse rx=".8" ry="1.2" fill="${shade(main, 0.5)}"/>`)}${times(5, (i) => `<path d="M0-8L-3-14L3-14Z" fill="${second}" transform="rotate(${(i - 2) * 34} 0 -8)"/>`)}</g>`,
    ),
  coconut: ({ main, second }) =>
    `<g transform="rotate(-14)">${ball(24, main)}<ellipse cx="7" cy="4" rx="15" ry="14" fill="${second}"/><ellipse cx="7" cy="4" rx="11" ry="10" fill="#fdfbf5"/></g>`,
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;

/** Grains stand out from their heap. */
function grain(colour: string): string {
  return shade(colour, 0.3);
}
