// What this process was told is committed. A failover, a restore or a lying disk may take a commit back and leave a database
// that is consistent all the same; only who stands outside of it can tell.

/** More than a failover of a minute takes back from one process under full load; some 4 MB. */
const MAX_REMEMBERED_DEEDS = 20_000;

/** The line of log that says that a deed is committed: logs outlive what a failover or a restore takes back. */
export const DEED_COMMITTED = 'deed committed';

/** One entry of the audit log: that it is there says that the whole transaction of the deed is. */
export interface CommittedDeed {
  readonly entry_id: string;
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  /** What people call the object, such as the number of an order. */
  readonly called?: string | undefined;
}

export interface CommitMemory {
  /** Remembers a deed whose commit was acknowledged, and forgets the oldest beyond MAX_REMEMBERED_DEEDS. */
  note(deed: CommittedDeed): void;
  /** The oldest first. */
  list(): readonly CommittedDeed[];
  /** Something happened after which the database may be another, or an older one. */
  doubt(): void;
  /** Whether there was a doubt since this was last asked. */
  takeDoubt(): boolean;
  /** What was seen so far, for the metrics. */
  readonly seen: CommitsSeen;
}

interface CommitsSeen {
  /** Acknowledged deeds that the database had no more. */
  missing: number;
  /** Commits that were acknowledged although their standby did not have them. */
  unreplicated: number;
  /** Of the database; undefined until it is known. */
  timeline: number | undefined;
}

export function createCommitMemory(capacity = MAX_REMEMBERED_DEEDS): CommitMemory {
  const deeds = new Map<string, CommittedDeed>();
  let isInDoubt = false;
  return {
    seen: { missing: 0, unreplicated: 0, timeline: undefined },
    note: (deed) => {
      deeds.set(deed.entry_id, deed);
      if (deeds.size <= capacity) return;
      const [oldest] = deeds.keys();
      if (oldest !== undefined) deeds.delete(oldest);
    },
    list: () => [...deeds.values()],
    doubt: () => {
      isInDoubt = true;
    },
    takeDoubt: () => {
      const wasInDoubt = isInDoubt;
      isInDoubt = false;
      return wasInDoubt;
    },
  };
}
