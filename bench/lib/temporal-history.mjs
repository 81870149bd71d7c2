/**
 * A history of failed attempts in the JSON that `temporal workflow show --output json` writes (proto3 JSON of
 * temporal.api.history.v1.History).
 */

const START = Date.UTC(2026, 0, 1);

export function retryHistory(attempts) {
  const history = new History();
  history.add("WORKFLOW_EXECUTION_STARTED", "workflowExecutionStarted", {
    workflowType: { name: "retry" },
    taskQueue: { name: "bench", kind: "TASK_QUEUE_KIND_NORMAL" },
    input: payloads(attempts),
    workflowTaskTimeout: "10s",
    originalExecutionRunId: "00000000-0000-4000-8000-000000000000",
    firstExecutionRunId: "00000000-0000-4000-8000-000000000000",
    attempt: 1,
  });
  for (let i = 1; i <= attempts; i++) {
    const asked = history.task();
    const scheduledEventId = history.add("ACTIVITY_TASK_SCHEDULED", "activityTaskScheduled", {
      activityId: String(i),
      activityType: { name: "attempt" },
      taskQueue: { name: "bench", kind: "TASK_QUEUE_KIND_NORMAL" },
      input: payloads({ number: i, payload: "hello" }),
      startToCloseTimeout: "60s",
      workflowTaskCompletedEventId: asked,
      retryPolicy: { maximumAttempts: 1 },
    });
    const startedEventId = history.add("ACTIVITY_TASK_STARTED", "activityTaskStarted", {
      scheduledEventId,
      identity: "bench",
      attempt: 1,
    });
    history.add("ACTIVITY_TASK_FAILED", "activityTaskFailed", {
      failure: {
        message: "the service is down",
        source: "TypeScriptSDK",
        applicationFailureInfo: { type: "Error" },
      },
      scheduledEventId,
      startedEventId,
      identity: "bench",
      retryState: "RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED",
    });
    const waited = history.task();
    const timer = history.add("TIMER_STARTED", "timerStarted", {
      timerId: String(i),
      startToFireTimeout: "0.010s",
      workflowTaskCompletedEventId: waited,
    });
    history.add("TIMER_FIRED", "timerFired", { timerId: String(i), startedEventId: timer });
  }
  const done = history.task();
  history.add("WORKFLOW_EXECUTION_COMPLETED", "workflowExecutionCompleted", {
    result: payloads("failed"),
    workflowTaskCompletedEventId: done,
  });
  return { events: history.events };
}

class History {
  events = [];

  /** Gives the event's id. */
  add(type, name, attributes) {
    const eventId = String(this.events.length + 1);
    this.events.push({
      eventId,
      eventTime: new Date(START + this.events.length * 10).toISOString(),
      eventType: `EVENT_TYPE_${type}`,
      taskId: eventId,
      [`${name}EventAttributes`]: attributes,
    });
    return eventId;
  }

  /** A workflow task; gives the id of its completion. */
  task() {
    const scheduledEventId = this.add("WORKFLOW_TASK_SCHEDULED", "workflowTaskScheduled", {
      taskQueue: { name: "bench", kind: "TASK_QUEUE_KIND_NORMAL" },
      startToCloseTimeout: "10s",
      attempt: 1,
    });
    const startedEventId = this.add("WORKFLOW_TASK_STARTED", "workflowTaskStarted", {
      scheduledEventId,
      identity: "bench",
      requestId: "bench",
    });
    return this.add("WORKFLOW_TASK_COMPLETED", "workflowTaskCompleted", {
      scheduledEventId,
      startedEventId,
      identity: "bench",
    });
  }
}

function payloads(value) {
  const base64 = (text) => Buffer.from(text).toString("base64");
  return {
    payloads: [{ metadata: { encoding: base64("json/plain") }, data: base64(JSON.stringify(value)) }],
  };
}
