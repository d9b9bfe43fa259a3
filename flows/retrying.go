package flows

import (
	"gopkg.in/yaml.v3"
)

// retryingFields are the settings of kinds that let a caller try again.
var retryingFields = Fields{
	{Key: "attempts", Shape: anInteger(1, maxAttempts), Default: "1", Doc: "How often a caller may try before the outcome is denied."},
	{Key: "retry", Shape: aState, Doc: "The state that asks again after a refusal."},
	{Key: "sorry", Shape: aWording, Doc: "What is said before asking again."},
}

// retrying is where the settings stand.
type retrying struct{ attempts, retry, sorry Scalar }

// retrySetting reads one of the settings; false: key is none of them.
func (p *parser) retrySetting(d *RetryingDecl, r *retrying, key Scalar, v *yaml.Node) bool {
	switch key.Value {
	case "attempts":
		r.attempts = key
		d.Attempts = p.integer(key, v, 1, maxAttempts)
	case "retry":
		r.retry = key
		d.Retry = p.ref(key, v)
	case "sorry":
		r.sorry = key
		d.Sorry = p.text(key, v, false)
	default:
		return false
	}
	return true
}

// retries reports settings that have no use without another.
func (p *parser) retries(d *RetryingDecl, r *retrying) {
	switch many := d.Attempts != nil && d.Attempts.V > 1; {
	case many && !r.retry.IsSet():
		p.report(CodeRetryNeedsAttempts, r.attempts.Pos, "there are %d attempts, but nothing says which state asks again", d.Attempts.V).Hint = `add "retry: STATE"`
	case r.retry.IsSet() && !many && (d.Attempts != nil || !r.attempts.IsSet()):
		p.report(CodeRetryNeedsAttempts, r.retry.Pos, `"retry" has no second attempt to use`).Hint = `add "attempts: 3"`
	case r.sorry.IsSet() && !r.retry.IsSet():
		p.report(CodeRetryNeedsAttempts, r.sorry.Pos, `"sorry" is said before asking again, and nothing asks again`).Hint = `add "attempts: 3" and "retry: STATE"`
	}
}

// attempts are how often a caller may try.
func (d *RetryingDecl) attempts() int {
	if d.Retry == nil {
		return 1
	}
	return first(d.Attempts, nil, 1)
}
