// Commits that the database acknowledged to this process. A failover, a restore or a lying disk may take a commit back and
// leave a consistent database; only a record outside of it can show the loss.

/** More than a failover of a minute takes back from one process under full load; some 4 MB. */
const MAX_REMEMBERED_ENTRIES = 20_000;

/** Message of the log line for each committed audit entry: logs outlive what a failover or a restore takes back. */
export const ENTRY_COMMITTED = 'audit entry committed';

/** One audit entry. Where the database has it, it has all of the transaction that wrote it. */
export interface CommittedEntry {
  readonly entry_id: string;
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  /** What people call the object, such as the number of an order. */
  readonly called?: string | undefined;
}

export interface CommitMemory {
  /** Remembers an entry whose commit was acknowledged, and forgets the oldest beyond MAX_REMEMBERED_ENTRIES. */
  note(entry: CommittedEntry): void;
  /** The oldest first. */
  list(): readonly CommittedEntry[];
  /** Notes that the database may now be another, or an older one. */
  doubt(): void;
  /** Whether there was a doubt since the last call. */
  takeDoubt(): boolean;
  /** What was seen so far, for the metrics. */
  readonly seen: CommitsSeen;
}

interface CommitsSeen {
  /** Acknowledged entries that the database no longer had. */
  missing: number;
  /** Commits that were acknowledged although their standby did not have them. */
  unreplicated: number;
  /** Of the database; undefined until it is known. */
  timeline: number | undefined;
}

export function createCommitMemory(capacity = MAX_REMEMBERED_ENTRIES): CommitMemory {
  const entries = new Map<string, CommittedEntry>();
  let isInDoubt = false;
  return {
    seen: { missing: 0, unreplicated: 0, timeline: undefined },
    note: (entry) => {
      entries.set(entry.entry_id, entry);
      if (entries.size <= capacity) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
    list: () => [...entries.values()],
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
