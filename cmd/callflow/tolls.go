package main

import (
	"time"

	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/engine/runner/toll"
)

// tollPurpose is what the key is for that calls are counted with.
const tollPurpose = "callflow calls"

// tolls bounds the calls that flows have made.
func (in *installation) tolls(store runner.Counters, log *zap.Logger, now func() time.Time) (runner.Tolls, error) {
	key, err := hashKey(in.config, tollPurpose)
	if err != nil {
		return nil, err
	}
	return toll.New(toll.Deps{
		Counters: store, Key: key,
		Allow: in.config.Calls.Allow, Limits: in.config.Calls.Limits,
		CallBacks: in.config.Callbacks, Back: in.config.CallbackLimits,
		Normalize: in.config.Region.Normalize, Log: log, Now: now,
	})
}
