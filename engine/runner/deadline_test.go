package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlineContext(t *testing.T) {
	type key struct{}
	for _, waits := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			parent, end := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
			defer end()
			begin := func() *deadline {
				d := after(parent, time.Second)
				if waits {
					d.Done()
				}
				if d.Err() != nil || d.Value(key{}) != "value" {
					t.Errorf("%v, %v", d.Err(), d.Value(key{}))
				}
				if at, ok := d.Deadline(); !ok || time.Until(at) != time.Second {
					t.Errorf("deadline %s", at)
				}
				return d
			}
			ended := func(d *deadline, want error) {
				t.Helper()
				if err := d.Err(); !errors.Is(err, want) {
					t.Errorf("%v, not %v", err, want)
				}
				<-d.Done()
				if err := d.Err(); err == nil {
					t.Error("done without an error")
				}
			}
			d := begin()
			time.Sleep(time.Second)
			synctest.Wait()
			ended(d, context.DeadlineExceeded)
			d.cancel()

			d = begin()
			d.cancel()
			ended(d, context.Canceled)

			d = begin()
			child, stop := context.WithCancel(d)
			time.Sleep(time.Second)
			<-child.Done()
			stop()
			d.cancel()

			d = begin()
			end()
			ended(d, context.Canceled)
			d.cancel()
		})
	}
}
