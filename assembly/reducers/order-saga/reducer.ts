import {
  ChargeRefused,
  ChargeUnclear,
  OrderDone,
  OrderPaid,
  OrderPlaced,
  OrderRefunded,
  OrderReserved,
  OrderStage,
  OrdersReducer,
  PlaceOrder,
  RefundFailed,
} from "./air";

/**
 * One order. The plan does the work and tells what came of it; here is only what is true of the order, and which
 * news it can still hear: an order goes through its stages once, whoever says otherwise.
 */
export class Orders extends OrdersReducer {
  onPlace(event: PlaceOrder): void {
    const s = this.state;
    if (s.stage != OrderStage.New) return; // placed twice is charged once
    s.stage = OrderStage.Placed;
    s.sku = event.sku;
    s.cents = event.cents;
    this.emit(new OrderPlaced(event.order, event.sku, event.cents.toString()));
  }

  onPaid(event: OrderPaid): void {
    if (this.leaves(OrderStage.Placed, OrderStage.Paid)) this.state.charge = event.charge;
  }

  onReserved(_event: OrderReserved): void {
    this.leaves(OrderStage.Paid, OrderStage.Reserved);
  }

  onDone(event: OrderDone): void {
    if (!this.leaves(OrderStage.Reserved, OrderStage.Done)) return;
    this.state.notified = event.notified;
    if (!event.notified) this.state.trouble = "the customer was not told";
  }

  onRefused(event: ChargeRefused): void {
    if (!this.leaves(OrderStage.Placed, OrderStage.Failed)) return;
    this.state.trouble = `the charge was refused: ${event.status}`;
  }

  onUnclear(_event: ChargeUnclear): void {
    if (!this.leaves(OrderStage.Placed, OrderStage.Unclear)) return;
    this.state.trouble = "MONEY: nobody knows whether the customer was charged; look it up and pay it back";
  }

  onRefunded(_event: OrderRefunded): void {
    if (!this.leaves(OrderStage.Paid, OrderStage.Refunded)) return;
    this.state.trouble = "the reservation failed or is unknown";
  }

  onRefundFailed(_event: RefundFailed): void {
    if (!this.leaves(OrderStage.Paid, OrderStage.RefundFailed)) return;
    this.state.trouble = "MONEY: charged, not surely reserved, and the refund failed; pay it back by hand";
  }

  private leaves(from: OrderStage, to: OrderStage): bool {
    if (this.state.stage != from) return false;
    this.state.stage = to;
    return true;
  }
}
