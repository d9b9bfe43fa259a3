package runner

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// storeError is a store that failed, as opposed to one that gave an answer.
type storeError struct {
	op  string
	err error
}

func (e *storeError) Error() string { return e.op + ": " + e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// stored marks an error of a store. Its answers, which callers branch on, stay
// what they are.
func stored(op string, err error) error {
	if err == nil || answered(err) {
		return err
	}
	return &storeError{op, err}
}

// answered says whether err is an answer of a store that works.
func answered(err error) bool {
	for _, a := range [...]error{ErrNotFound, ErrExists, ErrEntombed, ErrConflict, ErrLeased} {
		if errors.Is(err, a) {
			return true
		}
	}
	return false
}

// panicError is a panic that was caught. It says where, and what only if the
// runtime itself worded it: a value could hold anything.
type panicError struct {
	what  string
	stack []byte
}

func (e *panicError) Error() string { return "panic: " + e.what }

// recovered turns what recover returned into an error; nil into none.
func recovered(v any) error {
	if v == nil {
		return nil
	}
	what := fmt.Sprintf("a value of type %T", v)
	if re, ok := v.(runtime.Error); ok {
		what = re.Error()
	}
	return &panicError{what, debug.Stack()}
}
