import { hashText, RetryPolicy, Some, satAdd, utf8Bytes } from "airloom/assembly/sdk";
import {
  Action,
  ActionApproved,
  ActionCancelled,
  ActionDone,
  ActionFailed,
  ActionProposed,
  ActionRejected,
  ActionStarted,
  Approve,
  AttemptErr,
  AttemptOk,
  Cancel,
  CommandRefused,
  Fault,
  HandWorkRequested,
  HttpRequested,
  LateResult,
  ProposalChecked,
  ProposalReducer,
  ProposalRefused,
  RehearsalRequested,
  Reject,
  RetryExhausted,
  RetryScheduled,
  Status,
  TimerFired,
  WorkflowCreated,
  WorkflowEnded,
} from "./air";
import { shown } from "./faults";
import { requestBody } from "./request";

/** How much of what people and services say is kept, in UTF-16 units: results stand in several events at once. */
const SAID_MAX: i32 = 500;

/** One proposal, an action or a workflow of several: decided on by people, done by plans, retried by policy. */
export class Proposal extends ProposalReducer {
  onChecked(event: ProposalChecked): void {
    const faults = event.faults;
    const isNew = this.isNew();
    if (!isNew) {
      const message = "there is a proposal '" + event.proposalId + "' already";
      faults.unshift(new Fault(null, null, null, "duplicate_id", message));
    }
    const workflow = event.workflow;
    if (faults.length > 0) {
      if (isNew) this.state = null;
      const name = workflow !== null ? shown(workflow.name) : null;
      this.emit(new ProposalRefused(event.proposalId, name, event.proposedBy, faults));
      return;
    }
    const s = this.state;
    s.proposalId = event.proposalId;
    s.proposedBy = event.proposedBy;
    s.workflow = workflow;
    s.retry = event.retry;
    const workflowId = workflow !== null ? event.proposalId : null;
    if (workflow !== null)
      this.emit(new WorkflowCreated(event.proposalId, workflow.name, event.actions.length));
    for (let i = 0; i < event.actions.length; i++) {
      const checked = event.actions[i];
      const a = new Action(event.proposalId, workflowId);
      if (workflow !== null) a.actionId += "/" + (i + 1).toString();
      a.kind_ = checked.kind_;
      a.params = checked.params;
      a.runs = checked.runs;
      a.deadlineNs = checked.deadlineNs;
      a.maxRetries = checked.maxRetries;
      a.idempotencyKey = this.outgoingKey(a.actionId);
      s.actions.push(a);
      this.emit(new ActionProposed(a.actionId, workflowId, a.kind_, event.proposedBy));
    }
  }

  onApprove(event: Approve): void {
    const by = shown(event.by);
    const meant = this.meant("Approve", event.actionId, by, Status.Proposed);
    for (let i = 0; i < meant.length; i++)
      this.emit(new ActionApproved(meant[i].actionId, meant[i].workflowId, by));
    for (let i = 0; i < meant.length; i++) this.start(meant[i]);
  }

  onReject(event: Reject): void {
    const by = shown(event.by);
    const reason = shown(event.reason, SAID_MAX);
    const meant = this.meant("Reject", event.actionId, by, Status.Proposed);
    for (let i = 0; i < meant.length; i++) {
      const a = meant[i];
      a.status = Status.Rejected;
      this.emit(new ActionRejected(a.actionId, a.workflowId, by, reason));
    }
    if (meant.length > 0) this.noteEnd();
  }

  onCancel(event: Cancel): void {
    const by = shown(event.by);
    const reason = shown(event.reason, SAID_MAX);
    const meant = this.meant("Cancel", event.actionId, by, Status.Waiting);
    for (let i = 0; i < meant.length; i++) {
      const a = meant[i];
      a.status = Status.Cancelled;
      a.nextRetryAt = null;
      this.emit(new ActionCancelled(a.actionId, a.workflowId, by, reason));
    }
    if (meant.length > 0) this.noteEnd();
  }

  onOk(event: AttemptOk): void {
    const said = answerOf(event.message, event.httpStatus);
    const a = this.attempted(event.actionId, event.attempt, true, said);
    if (a === null) return;
    a.status = Status.Done;
    a.result = said;
    this.emit(new ActionDone(a.actionId, a.workflowId, a.attempts, said));
    this.noteEnd();
  }

  onErr(event: AttemptErr): void {
    const said = answerOf(event.message, event.httpStatus);
    const a = this.attempted(event.actionId, event.attempt, false, said);
    if (a !== null) this.failed(a, said, event.transient);
  }

  /** A timer of an attempt that is over, or of an action that was cancelled, finds nothing that waits for it. */
  onTimer(event: TimerFired): void {
    const key = event.requested.key;
    const actions = this.actions();
    for (let i = 0; i < actions.length; i++) {
      const a = actions[i];
      if (a.status == Status.Waiting && key == retryKey(a)) this.start(a);
      else if (a.status == Status.Running && key == deadlineKey(a)) this.failed(a, "no result in time", true);
    }
  }

  private start(a: Action): void {
    a.status = Status.Running;
    a.nextRetryAt = null;
    a.attempts++;
    this.emit(new ActionStarted(a.actionId, a.workflowId, a.attempts));
    const id = this.state.proposalId;
    const http = a.runs.asHttp();
    const rehearsal = a.runs.asRehearsal();
    if (http !== null) {
      const method = http.value.method;
      const url = http.value.url;
      const body = requestBody(a);
      this.emit(new HttpRequested(id, a.actionId, a.attempts, method, url, body, a.idempotencyKey));
    } else if (rehearsal !== null) {
      this.emit(new RehearsalRequested(id, a.actionId, a.attempts, rehearsal.value.failures));
    } else this.emit(new HandWorkRequested(id, a.actionId, a.attempts, a.kind_, a.params));
    const deadline = a.deadlineNs;
    if (deadline !== null)
      this.effects.timerSet(satAdd(this.ctx.logicalNowNs, deadline.value), deadlineKey(a));
  }

  private failed(a: Action, said: string, transient: bool): void {
    a.retryCount++;
    a.lastError = said;
    const r = this.state.retry;
    const own = a.maxRetries;
    const most = own !== null ? min<u64>(own.value, r.maxAttempts) : r.maxAttempts;
    const policy = new RetryPolicy(most, r.minWaitNs, r.maxWaitNs, <u32>r.base, 1, <u32>r.jitterPercent, 100);
    if (transient && policy.allows(a.retryCount)) {
      const at = satAdd(this.ctx.logicalNowNs, policy.delay(a.retryCount, this.random));
      a.status = Status.Waiting;
      a.nextRetryAt = new Some<u64>(at);
      this.effects.timerSet(at, retryKey(a));
      this.emit(new RetryScheduled(a.actionId, a.workflowId, a.retryCount, at));
      return;
    }
    a.status = Status.Failed;
    if (transient) this.emit(new RetryExhausted(a.actionId, a.workflowId, a.retryCount, most, said));
    this.emit(new ActionFailed(a.actionId, a.workflowId, a.attempts, said));
    this.noteEnd();
  }

  /**
   * The action whose running attempt this is a result of; null for any other, of which it is only told, and kept
   * what came of an attempt that was cancelled while it ran.
   */
  private attempted(actionId: string, attempt: u64, ok: bool, said: string): Action | null {
    const a = this.named(actionId);
    if (a === null || attempt == 0 || attempt > a.attempts) return null;
    if (a.status == Status.Running && attempt == a.attempts) return a;
    this.emit(new LateResult(a.actionId, a.workflowId, attempt, ok, said));
    const isOpen = a.attempts > a.retryCount && a.result === null;
    if (a.status == Status.Cancelled && attempt == a.attempts && isOpen) {
      if (ok) a.result = said;
      else {
        a.lastError = said;
        a.retryCount++;
      }
    }
    return null;
  }

  /**
   * The actions a command is about: one, or all of the proposal, that have not come further than `last` in the
   * order of the statuses. Where there are none the command is refused.
   */
  private meant(command: string, actionId: string | null, by: string, last: Status): Array<Action> {
    const meant = new Array<Action>();
    const actions = this.actions();
    let found = 0;
    for (let i = 0; i < actions.length; i++) {
      if (actionId !== null && actions[i].actionId != actionId) continue;
      found++;
      if (actions[i].status <= last) meant.push(actions[i]);
    }
    if (meant.length > 0) return meant;
    let code = "already_decided";
    let message = "nothing of it is " + (last == Status.Proposed ? "proposed" : "open") + " any more";
    if (found == 0) {
      code = actions.length == 0 ? "no_such_proposal" : "no_such_action";
      message = "there is none of that id";
    }
    this.emit(new CommandRefused(command, this.key, actionId, by, code, message));
    if (actions.length == 0) this.state = null;
    return meant;
  }

  private named(actionId: string): Action | null {
    const actions = this.actions();
    for (let i = 0; i < actions.length; i++) if (actions[i].actionId == actionId) return actions[i];
    if (actions.length == 0) this.state = null;
    return null;
  }

  private actions(): Array<Action> {
    return this.state.actions;
  }

  private isNew(): bool {
    return this.actions().length == 0;
  }

  /** One for all attempts of an action, so that a service can tell them from another action. */
  private outgoingKey(actionId: string): string {
    const entropy = this.ctx.entropy;
    const name = utf8Bytes(actionId);
    const bytes = new Uint8Array(entropy.length + name.length);
    bytes.set(entropy);
    bytes.set(name, entropy.length);
    return hashText(bytes);
  }

  /** Tells that a workflow is over, once its last action is. */
  private noteEnd(): void {
    const s = this.state;
    if (s.workflow === null) return;
    const counts: StaticArray<u64> = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < s.actions.length; i++) counts[s.actions[i].status]++;
    if (counts[Status.Proposed] + counts[Status.Running] + counts[Status.Waiting] > 0) return;
    this.emit(
      new WorkflowEnded(
        s.proposalId,
        counts[Status.Done],
        counts[Status.Failed],
        counts[Status.Rejected],
        counts[Status.Cancelled],
      ),
    );
  }
}

function retryKey(a: Action): string {
  return "retry " + a.actionId + " " + a.retryCount.toString();
}

function deadlineKey(a: Action): string {
  return "deadline " + a.actionId + " " + a.attempts.toString();
}

function answerOf(message: string, httpStatus: Some<i64> | null): string {
  const said = shown(message, SAID_MAX);
  return httpStatus !== null ? said + " " + httpStatus.value.toString() : said;
}
