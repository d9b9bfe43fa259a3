// Package outbound makes calls: it takes orders, asks platforms to call somebody, and
// follows each call to its end.
//
//	desk, err := outbound.New(outbound.Deps{Store: store, Programs: catalog, Platforms: platforms, …})
//	view, fresh, err := desk.Accept(ctx, "crm", "order-4711", outbound.Order{Flow: "reminder", To: "+61…"})
//
// # A call
//
// An order is checked against its flow, put into the store's outbox, and answered. From
// then on the call is made even if this process stops. The outbox runs it when its time
// has come: when its window is open, when the budgets allow it, and again after a line
// that was busy, as often as the order says. Whoever answers meets the flow: the platform
// asks for the answer address, which has a token that belongs to one attempt and to one
// call of the platform.
//
// # Once
//
// The record of a call says that it is being dialled before the platform is asked. A
// process that finds it so, without the platform's answer, knows that another stopped in
// between: it asks again where the platform takes a key and makes one call of two
// requests; elsewhere the call counts as dialled, is not dialled again, and says so.
//
// Records are sessions of the store under names of their own ("out." and the call's id),
// sealed, guarded by compare-and-swap, and committed together with the promise of their
// next run.
package outbound
