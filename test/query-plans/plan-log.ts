// The plans that PostgreSQL really used, statements inside functions and triggers included: auto_explain sends each one
// as a notice, with the rows it read.
import pg from 'pg';

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  /** A mean over all loops. */
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

export interface Execution {
  readonly 'Query Text': string;
  readonly Plan: PlanNode;
}

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
};

/** From the next connection on, a database logs the plan of every statement. Needs a superuser. */
export async function explainEverything(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [name, value] of Object.entries(SETTINGS)) {
      await client.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${name} = ''${value}''', current_database()); END $$`,
      );
    }
  } finally {
    await client.end();
  }
}

export interface PlanLog {
  record(notice: string): void;
  /** Since they were last taken. */
  take(): Execution[];
}

export function createPlanLog(): PlanLog {
  let executions: Execution[] = [];
  return {
    record: (notice) => {
      const json = /^duration: .* plan:\n(\{.*\})$/s.exec(notice)?.[1];
      if (json !== undefined) executions.push(JSON.parse(json) as Execution);
    },
    take: () => {
      const taken = executions;
      executions = [];
      return taken;
    },
  };
}
