package sms_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"callflow/engine/runner"
	"callflow/providers/sms"
	"callflow/providers/sms/log"
	"callflow/providers/sms/smstest"
)

// scripted fails as it is told.
type scripted struct {
	name     string
	err      error
	sent     int
	approved []string
}

func (s *scripted) Name() string { return s.name }

func (s *scripted) Send(context.Context, sms.Message) (sms.Receipt, error) {
	s.sent++
	return sms.Receipt{Sender: s.name, ID: s.name, Feedback: "f-" + s.name}, s.err
}

func (s *scripted) Approve(_ context.Context, feedback string) error {
	s.approved = append(s.approved, feedback)
	return nil
}

func TestFailover(t *testing.T) {
	t.Parallel()
	fail := func(kind error, maybe bool) error { return &sms.Failure{Sender: "a", Kind: kind, Maybe: maybe} }
	for _, c := range []struct {
		name  string
		first error
		by    string // who sends in the end; "": nobody
	}{
		{"sent at once", nil, "a"},
		{"a decision is final", fail(sms.ErrRefused, false), ""},
		{"an outage moves on", fail(sms.ErrOutage, false), "b"},
		{"an outage in which it may have been sent does not", fail(sms.ErrOutage, true), ""},
		{"wrong credentials move on", fail(runner.ErrCredentials, false), "b"},
		{"a wrong set-up moves on", fail(runner.ErrSetup, false), "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := &scripted{name: "a", err: c.first}, &scripted{name: "b"}
			var heard []error
			f, err := sms.NewFailover(func(err error) { heard = append(heard, err) }, a, b)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Send(t.Context(), smstest.Message())
			if got.ID != c.by && (err == nil || c.by != "") {
				t.Errorf("sent by %q, %v; expected %q", got.ID, err, c.by)
			}
			if (c.by == "b") != (len(heard) == 1) {
				t.Errorf("heard %v", heard)
			}
			if err != nil {
				return
			}
			if err := f.Approve(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			if told := slices.Concat(a.approved, b.approved); len(told) != 1 || told[0] != "f-"+c.by {
				t.Errorf("approved at %v", told)
			}
		})
	}
	if _, err := sms.NewFailover(nil); err == nil {
		t.Error("a list without senders was accepted")
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := log.New(&out)
	if _, err := s.Send(t.Context(), smstest.Message()); err != nil {
		t.Fatal(err)
	}
	if want := `message to +61412345678: "Your code is 326162.`; !strings.HasPrefix(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("wrote %q", out.String())
	}
	m := smstest.Message()
	m.To = "anonymous"
	if _, err := s.Send(t.Context(), m); !errors.Is(err, sms.ErrRefused) {
		t.Errorf("no number gave %v", err)
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"+61412345678": "+614******78", "+1555": "*****", "": ""} {
		if got := sms.Masked(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
