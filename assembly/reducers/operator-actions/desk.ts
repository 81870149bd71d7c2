import { uuidText } from "airloom/assembly/sdk";
import {
  CheckedAction,
  ConfigurationRefused,
  Configure,
  Configured,
  DeskReducer,
  ProposalChecked,
  ProposalRefused,
  ProposeAction,
  ProposedAction,
  ProposeWorkflow,
  RetrySettings,
  Workflow,
} from "./air";
import {
  ACTIONS_MAX,
  bytesOf,
  checkKinds,
  checkParams,
  checkRetry,
  checkSize,
  isId,
  kindNamed,
  utf8Length,
} from "./checks";
import { Faults, shown } from "./faults";

/** Keeps the registry of action kinds, the retry policy and the mode, and checks every proposal against them. */
export class Desk extends DeskReducer {
  init(): void {
    this.state.retry = new RetrySettings(3, 1_000_000_000, 60_000_000_000, 2, 50);
  }

  onConfigure(event: Configure): void {
    const s = this.state;
    const faults = new Faults();
    const kinds = event.kinds;
    const retry = event.retry;
    const observeOnly = event.observeOnly;
    if (kinds !== null) checkKinds(kinds, faults);
    if (retry !== null) checkRetry(retry, faults);
    if (!faults.none()) {
      this.emit(new ConfigurationRefused(faults.all()));
      return;
    }
    if (kinds !== null) s.kinds = kinds;
    if (retry !== null) s.retry = retry;
    if (observeOnly !== null) s.observeOnly = observeOnly.value;
    const names = new Array<string>();
    for (let i = 0; i < s.kinds.length; i++) names.push(s.kinds[i].kind_);
    this.emit(new Configured(s.observeOnly, names, s.retry));
  }

  onProposeAction(event: ProposeAction): void {
    const action = new ProposedAction(event.kind_, event.params, event.maxRetries);
    this.check(event.actionId, null, [action], event.by, new Faults());
  }

  onProposeWorkflow(event: ProposeWorkflow): void {
    const faults = new Faults();
    const actions = event.actions;
    if (event.name.length == 0) faults.add(0, null, null, "no_name", "a workflow has a name");
    if (actions.length == 0) faults.add(0, null, null, "no_actions", "a workflow has at least one action");
    if (actions.length > ACTIONS_MAX)
      faults.add(
        0,
        null,
        null,
        "too_many_actions",
        "a workflow has at most " + ACTIONS_MAX.toString() + " actions, found " + actions.length.toString(),
      );
    const workflow = new Workflow(event.name, event.description);
    this.check(event.workflowId, workflow, actions, event.by, faults);
  }

  /** A proposal goes on whole, with what is wrong with it: only its own cell knows whether its id is new. */
  private check(
    id: string | null,
    workflow: Workflow | null,
    actions: Array<ProposedAction>,
    by: string | null,
    faults: Faults,
  ): void {
    const s = this.state;
    if (s.observeOnly)
      faults.add(0, null, null, "observe_only", "nothing can be proposed in observe-only mode");
    checkSize(textBytes(workflow, actions), faults);
    const checked = this.checked(actions, faults);
    const name = workflow !== null ? shown(workflow.name) : null;
    const proposer = by !== null ? shown(by) : null;
    if (id !== null && !isId(id)) {
      faults.add(0, null, null, "bad_id", "an id is 1 to 64 of A-Z a-z 0-9 . _ -, found '" + shown(id) + "'");
      this.emit(new ProposalRefused(null, name, proposer, faults.all()));
      return;
    }
    const proposalId = id !== null ? id : this.newId();
    if (faults.none()) {
      this.emit(new ProposalChecked(proposalId, proposer, workflow, s.retry, checked, []));
    } else {
      const about = name !== null ? new Workflow(name) : null;
      this.emit(new ProposalChecked(proposalId, proposer, about, s.retry, [], faults.all()));
    }
  }

  private checked(actions: Array<ProposedAction>, faults: Faults): Array<CheckedAction> {
    const checked = new Array<CheckedAction>();
    for (let i = 0; i < actions.length; i++) {
      const a = actions[i];
      const number = <u64>i + 1;
      const kind = kindNamed(this.state.kinds, a.kind_);
      if (kind === null) {
        faults.add(number, a.kind_, null, "unknown_kind", "no kind of that name is registered");
        continue;
      }
      checkParams(kind, a.params, number, faults);
      checked.push(new CheckedAction(a.kind_, a.params, a.maxRetries, kind.runs, kind.deadlineNs));
    }
    return checked;
  }

  /** A uuid (version 4) of the call's entropy: the same on every replay. */
  private newId(): string {
    const bytes = this.random.take(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return uuidText(bytes);
  }
}

function textBytes(workflow: Workflow | null, actions: Array<ProposedAction>): u64 {
  let sum: u64 = 0;
  if (workflow !== null) sum += utf8Length(workflow.name) + utf8Length(workflow.description);
  for (let i = 0; i < actions.length; i++) sum += utf8Length(actions[i].kind_) + bytesOf(actions[i].params);
  return sum;
}
