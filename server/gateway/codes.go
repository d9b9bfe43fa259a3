package gateway

import (
	"context"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// Codes is next, whose codes go through this gateway, if only by way of Auth0: when one
// was entered rightly, its vendor hears of it as by Approved. No log stream is needed
// for that.
func (g *Gateway) Codes(next runner.Codes) runner.Codes { return told{next, g} }

type told struct {
	runner.Codes
	gateway *Gateway
}

// CheckCode checks a code. The caller has proved the number, whether or not somebody
// can be told of it.
func (t told) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	checked, err := t.Codes.CheckCode(ctx, e)
	if err != nil || checked.Result != engine.CodeVerified || checked.Phone == "" {
		return checked, err // of a second factor nobody says which number it has
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if err := t.gateway.Approved(ctx, checked.Phone, t.gateway.now()); err != nil {
		t.gateway.deps.Log.Warn("the vendor will not hear that the code was right", zap.Error(err))
	}
	return checked, nil
}
