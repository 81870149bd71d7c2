/**
 * The rules of the world operator-actions once more, as short as they can be said: what is told of each thing that
 * happens, and what becomes of the actions. Knows nothing of events' order in a frame but that nothing overtakes.
 */

export interface RetryRules {
  readonly max_attempts: number;
  readonly min_wait_ns: number;
  readonly max_wait_ns: number;
  readonly base: number;
  readonly jitter_percent: number;
}

export interface ModelKind {
  readonly runs: { readonly ByHand: null } | { readonly Rehearsal: { readonly failures: number } };
  readonly deadline_ns: number | null;
}

/** An audit event: its name and fields. */
export type Told = readonly [name: string, fields: Readonly<Record<string, unknown>>];

export interface ModelAction {
  readonly id: string;
  readonly workflow: string | null;
  readonly kind: ModelKind;
  readonly own: number | null;
  status: "Proposed" | "Running" | "Waiting" | "Done" | "Failed" | "Rejected" | "Cancelled";
  attempts: number;
  failures: number;
  next: bigint | null;
  error: string | null;
  result: string | null;
}

interface Proposal {
  readonly id: string;
  readonly isWorkflow: boolean;
  readonly retry: RetryRules;
  readonly actions: readonly ModelAction[];
}

export interface Proposed {
  readonly kind: string;
  readonly max_retries: number | null;
}

interface Attempt {
  readonly proposal: string;
  readonly action: string;
  readonly attempt: number;
}

const OPEN: ReadonlySet<string> = new Set(["Proposed", "Running", "Waiting"]);

export class Model {
  readonly proposals = new Map<string, Proposal>();
  observeOnly = false;
  retry: RetryRules;
  /** What was told since it was last taken. */
  told: Told[] = [];
  /** Logical time of what happens, and when each retry was set for: `ACTION FAILURES`. */
  now = 0n;
  scheduled: ReadonlyMap<string, bigint> = new Map();
  readonly #kinds: ReadonlyMap<string, ModelKind>;
  /** Work by hand that waits for a report. */
  #hands: Attempt[] = [];
  #results: (() => void)[] = [];

  constructor(kinds: ReadonlyMap<string, ModelKind>, retry: RetryRules) {
    this.#kinds = kinds;
    this.retry = retry;
  }

  /** `faults`: codes of what is wrong with its actions. */
  propose(id: string, name: string | null, actions: readonly Proposed[], faults: readonly string[]): void {
    const all = [
      ...(this.proposals.has(id) ? ["duplicate_id"] : []),
      ...(actions.length === 0 ? ["no_actions"] : []),
      ...(this.observeOnly ? ["observe_only"] : []),
      ...faults,
    ];
    if (all.length > 0) {
      this.#tell("ProposalRefused", { proposal_id: id, faults: all });
      return;
    }
    const workflow = name === null ? null : id;
    const made = actions.map(
      ({ kind, max_retries }, i): ModelAction => ({
        id: workflow === null ? id : `${id}/${i + 1}`,
        workflow,
        kind: this.#kinds.get(kind)!,
        own: max_retries,
        status: "Proposed",
        attempts: 0,
        failures: 0,
        next: null,
        error: null,
        result: null,
      }),
    );
    this.proposals.set(id, { id, isWorkflow: workflow !== null, retry: this.retry, actions: made });
    if (workflow !== null) {
      this.#tell("WorkflowCreated", { workflow_id: id, name, action_count: actions.length });
    }
    for (const [i, action] of made.entries()) this.#of("ActionProposed", action, { kind: actions[i]!.kind });
  }

  decide(command: "Approve" | "Reject" | "Cancel", id: string, actionId: string | null): void {
    const proposal = this.proposals.get(id);
    const named = (proposal?.actions ?? []).filter((action) => actionId === null || action.id === actionId);
    const may = (action: ModelAction) =>
      command === "Cancel" ? OPEN.has(action.status) : action.status === "Proposed";
    const meant = named.filter(may);
    if (meant.length === 0) {
      const code =
        proposal === undefined
          ? "no_such_proposal"
          : named.length === 0
            ? "no_such_action"
            : "already_decided";
      this.#tell("CommandRefused", { command, proposal_id: id, action_id: actionId, code });
      return;
    }
    if (command === "Approve") {
      for (const action of meant) this.#of("ActionApproved", action);
      for (const action of meant) this.#start(proposal!, action);
      this.#settle();
      return;
    }
    for (const action of meant) {
      action.status = command === "Reject" ? "Rejected" : "Cancelled";
      action.next = null;
      this.#of(command === "Reject" ? "ActionRejected" : "ActionCancelled", action);
    }
    this.#noteEnd(proposal!);
  }

  report(actionId: string, ok: boolean, transient: boolean): void {
    const heard = this.#hands.filter(({ action }) => action === actionId);
    this.#hands = this.#hands.filter(({ action }) => action !== actionId);
    for (const attempt of heard) this.result(attempt, ok, transient, ok ? "did it" : "down");
  }

  result(of: Attempt, ok: boolean, transient: boolean, said: string): void {
    const proposal = this.proposals.get(of.proposal);
    const action = proposal?.actions.find(({ id }) => id === of.action);
    if (action === undefined || of.attempt < 1 || of.attempt > action.attempts) return;
    if (action.status !== "Running" || of.attempt !== action.attempts) {
      this.#of("LateResult", action, { attempt: of.attempt, ok });
      const isUnheard = action.attempts > action.failures && action.result === null;
      if (action.status !== "Cancelled" || of.attempt !== action.attempts || !isUnheard) return;
      if (ok) action.result = said;
      else [action.error, action.failures] = [said, action.failures + 1];
    } else if (ok) {
      [action.status, action.result] = ["Done", said];
      this.#of("ActionDone", action, { attempts: action.attempts });
      this.#noteEnd(proposal!);
    } else this.#fail(proposal!, action, transient, said);
  }

  /** A timer by its key. */
  timer(key: string): void {
    for (const proposal of this.proposals.values()) {
      for (const action of proposal.actions) {
        if (action.status === "Waiting" && key === `retry ${action.id} ${action.failures}`) {
          this.#start(proposal, action);
        } else if (action.status === "Running" && key === `deadline ${action.id} ${action.attempts}`) {
          this.#fail(proposal, action, true, "no result in time");
        }
      }
    }
    this.#settle();
  }

  #start(proposal: Proposal, action: ModelAction): void {
    [action.status, action.next] = ["Running", null];
    action.attempts += 1;
    this.#of("ActionStarted", action, { attempt: action.attempts });
    const attempt = { proposal: proposal.id, action: action.id, attempt: action.attempts };
    const { runs } = action.kind;
    if ("ByHand" in runs) this.#hands.push(attempt);
    else {
      const ok = attempt.attempt > runs.Rehearsal.failures;
      const said = ok ? "rehearsed" : "a rehearsed failure";
      this.#results.push(() => this.result(attempt, ok, true, said));
    }
  }

  #fail(proposal: Proposal, action: ModelAction, transient: boolean, said: string): void {
    action.failures += 1;
    action.error = said;
    const most = Math.min(action.own ?? Number.POSITIVE_INFINITY, proposal.retry.max_attempts);
    if (transient && action.failures < most) {
      action.status = "Waiting";
      action.next = this.#retryAt(proposal.retry, action);
      const next_retry_at = String(action.next);
      this.#of("RetryScheduled", action, { retry_count: action.failures, next_retry_at });
      return;
    }
    action.status = "Failed";
    if (transient) {
      const retry_count = action.failures;
      this.#of("RetryExhausted", action, { retry_count, max_retries: most, last_error: said });
    }
    this.#of("ActionFailed", action, { attempts: action.attempts, last_error: said });
    this.#noteEnd(proposal);
  }

  /** When it was set for, where that is within the jitter; else the least it may be. */
  #retryAt(retry: RetryRules, { id, failures }: ModelAction): bigint {
    const wait = Math.min(retry.max_wait_ns, retry.min_wait_ns * retry.base ** failures);
    const least = this.now + BigInt(wait);
    const most = least + BigInt(Math.floor((wait * retry.jitter_percent) / 100));
    const found = this.scheduled.get(`${id} ${failures}`);
    return found !== undefined && found >= least && found <= most ? found : least;
  }

  #settle(): void {
    for (let next = this.#results.shift(); next !== undefined; next = this.#results.shift()) next();
  }

  #noteEnd({ id, isWorkflow, actions }: Proposal): void {
    if (!isWorkflow || actions.some(({ status }) => OPEN.has(status))) return;
    const count = (wanted: string) => actions.filter(({ status }) => status === wanted).length;
    this.#tell("WorkflowEnded", {
      workflow_id: id,
      done: count("Done"),
      failed: count("Failed"),
      rejected: count("Rejected"),
      cancelled: count("Cancelled"),
    });
  }

  #of(name: string, action: ModelAction, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#tell(name, { action_id: action.id, workflow_id: action.workflow, ...fields });
  }

  #tell(name: string, fields: Readonly<Record<string, unknown>>): void {
    this.told.push([name, fields]);
  }
}
