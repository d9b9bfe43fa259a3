package gateway

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// Factors are the numbers of a user's second factors, as far as they are known. The
// error says that nobody could look.
type Factors func(ctx context.Context, user string) ([]string, error)

// Codes is next, whose codes go through this gateway, if only by way of Auth0: when one
// was entered rightly, its vendor hears of it as by Approved. No log stream is needed
// for that. Of a second factor Auth0 does not say which number it has: factors does;
// nil: nobody does.
func (g *Gateway) Codes(next runner.Codes, factors Factors) runner.Codes {
	return told{next, g, factors}
}

type told struct {
	runner.Codes
	gateway *Gateway
	factors Factors
}

// CheckCode checks a code. The caller has proved the number, whether or not somebody
// can be told of it.
func (t told) CheckCode(ctx context.Context, e engine.CheckCode) (engine.CodeChecked, error) {
	checked, err := t.Codes.CheckCode(ctx, e)
	if err != nil || checked.Result != engine.CodeVerified {
		return checked, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if err := t.tell(ctx, checked); err != nil {
		t.gateway.deps.Log.Warn("the vendor will not hear that the code was right", zap.Error(err))
	}
	return checked, nil
}

// tell passes on whose code was right. Of several numbers only those count that have
// just had a message.
func (t told) tell(ctx context.Context, checked engine.CodeChecked) error {
	numbers := []string{checked.Phone}
	if checked.Phone == "" {
		if checked.Principal == nil || t.factors == nil {
			return nil
		}
		var err error
		if numbers, err = t.factors(ctx, checked.Principal.ID); err != nil {
			return fmt.Errorf("find the numbers of second factors: %w", err)
		}
	}
	for _, number := range numbers {
		if err := t.gateway.Approved(ctx, number, t.gateway.now()); err != nil {
			return err
		}
	}
	return nil
}
