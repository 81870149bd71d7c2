import { fail, satAdd, satMul } from "airloom/assembly/sdk";
import {
  CancelOrder,
  CreateOrder,
  DeleteOrder,
  OrderStatus,
  OrdersReducer,
  PayOrder,
  ShipOrder,
  TimerFired,
} from "./air";

const NS_PER_MS: u64 = 1_000_000;

/** One order. Each has a cell of its own, which begins with its creation and ends when it is deleted. */
export class Orders extends OrdersReducer {
  // Before its first event a cell is Missing: nothing but a creation changes that.

  onCreate(event: CreateOrder): void {
    const s = this.state;
    if (s.status != OrderStatus.Missing) fail("there is an order of this id");
    s.status = OrderStatus.Unpaid;
    s.item = event.item;
    s.cents = event.cents;
    s.expiresAtNs = satAdd(this.ctx.logicalNowNs, satMul(event.payWithinMs, NS_PER_MS));
    // The timer comes back to this cell, whatever other orders do meanwhile.
    this.effects.timerSet(s.expiresAtNs);
  }

  onPay(event: PayOrder): void {
    const s = this.state;
    this.mustBe(OrderStatus.Unpaid);
    if (event.cents != s.cents) fail("the order costs " + s.cents.toString() + " cents");
    s.status = OrderStatus.Paid;
  }

  onShip(_event: ShipOrder): void {
    this.mustBe(OrderStatus.Paid);
    this.state.status = OrderStatus.Shipped;
  }

  onCancel(event: CancelOrder): void {
    const s = this.state;
    if (s.status != OrderStatus.Paid) this.mustBe(OrderStatus.Unpaid);
    s.status = OrderStatus.Cancelled;
    s.reason = event.reason;
  }

  onDelete(_event: DeleteOrder): void {
    const status = this.state.status;
    if (status == OrderStatus.Unpaid || status == OrderStatus.Paid) fail("the order is still open");
    this.state = null;
  }

  onTimer(event: TimerFired): void {
    const s = this.state;
    if (s.status == OrderStatus.Missing) {
      this.state = null; // the order was deleted: its late timer must not make a cell
      return;
    }
    // The timer may be that of an earlier order of the same id.
    if (s.status != OrderStatus.Unpaid || event.requested.deliverAtNs != s.expiresAtNs) return;
    s.status = OrderStatus.Expired;
    s.reason = "not paid in time";
  }

  private mustBe(status: OrderStatus): void {
    if (this.state.status == OrderStatus.Missing) fail("there is no such order");
    if (this.state.status != status) fail("the order is not in a state for that");
  }
}
