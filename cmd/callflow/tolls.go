package main

import (
	"cmp"
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/engine/runner/toll"
	"callflow/server"
)

// tollPurpose is what the key is for that calls are counted with.
const tollPurpose = "callflow calls"

// tolls bounds the calls that flows have made.
func (in *installation) tolls(store runner.Counters, log *zap.Logger, now func() time.Time, metrics *server.Metrics) (*toll.Toll, error) {
	key, err := hashKey(in.config, tollPurpose)
	if err != nil {
		return nil, err
	}
	counters := map[toll.Kind]func(string){
		toll.Transfers: metrics.Counter("callflow_transfers_total", "result"),
		toll.CallsBack: metrics.Counter("callflow_callbacks_total", "result"),
	}
	deps := toll.Deps{
		Counted:  func(kind toll.Kind, refused toll.Reason) { counters[kind](cmp.Or(string(refused), "made")) },
		Counters: store, Key: key,
		Allow: in.config.Calls.Allow, Limits: in.config.Calls.Limits,
		CallBacks: in.config.Callbacks, Back: in.config.CallbackLimits,
		Normalize: in.config.Region.Normalize, Log: log, Now: now,
	}
	if d := in.config.Dial; d != nil {
		counters[toll.CallsMade] = metrics.Counter("callflow_calls_made_total", "result")
		deps.Call, deps.Orders = d.Allow, &d.Limits
	}
	return toll.New(deps)
}
