package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows/flowtest"
	"callflow/providers"
	"callflow/server/capture"
)

// What a caller entered was replaced in a recording: any PIN and any code will do, unless
// the stand-ins say otherwise.
func TestStandInsLetIn(t *testing.T) {
	t.Parallel()
	given, diags := flowtest.ParseStandins("standins.yaml", []byte("sign_in: { result: denied, times: 1 }\nverify: { result: denied, times: 1 }\n"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	maria := engine.Principal{Account: "12345", ID: "maria", Greeting: "Maria"}
	for name, c := range map[string]struct {
		given *flowtest.Given
		who   engine.Principal
		in    []engine.SignIn
		as    engine.Principal
		codes []engine.CodeResult
	}{
		"the first user":    {&flowtest.Given{}, maria, []engine.SignIn{engine.SignInAuthenticated}, maria, []engine.CodeResult{engine.CodeVerified}},
		"nobody is a user":  {&flowtest.Given{}, engine.Principal{}, []engine.SignIn{engine.SignInAuthenticated}, engine.Principal{Account: "777", ID: "777", Greeting: "777"}, []engine.CodeResult{engine.CodeVerified}},
		"refused at first":  {given, maria, []engine.SignIn{engine.SignInDenied, engine.SignInAuthenticated}, maria, []engine.CodeResult{engine.CodeDenied, engine.CodeVerified}},
		"another code sent": {&flowtest.Given{Code: "998877"}, maria, []engine.SignIn{engine.SignInAuthenticated}, maria, []engine.CodeResult{engine.CodeVerified}},
	} {
		code := c.given.Code
		if code == "" {
			code = flowtest.UsualCode
		}
		s := &standIns{stage: flowtest.NewStage(anybody{c.who}, c.given), code: engine.NewSecret(code)}
		for i, want := range c.in {
			in, err := s.Authenticate(t.Context(), engine.Authenticate{Account: "777", PIN: engine.NewSecret("0000")})
			if err != nil || in.Result != want || want == engine.SignInAuthenticated && in.Principal != c.as {
				t.Errorf("%s, sign-in %d: %+v, %v, expected %s as %+v", name, i+1, in, err, want, c.as)
			}
		}
		sent, err := s.SendCode(t.Context(), engine.SendCode{Number: "+61412345678"})
		if err != nil || sent.Result != engine.CodeSentOn {
			t.Errorf("%s: %+v, %v", name, sent, err)
		}
		for i, want := range c.codes {
			checked, err := s.CheckCode(t.Context(), engine.CheckCode{Handle: sent.Handle, Code: engine.NewSecret("000000")})
			if err != nil || checked.Result != want {
				t.Errorf("%s, code %d: %+v, %v, expected %s", name, i+1, checked, err, want)
			}
		}
	}
}

// What was recorded comes before what is given, and what is given when it is used up.
func TestStandInsRecall(t *testing.T) {
	t.Parallel()
	outcomes := capture.NewOutcomes([]capture.Exchange{{Effects: []capture.Effect{
		{Effect: "sign_in", Result: "locked"},
		{Effect: "challenge", Result: "rejected"},
		{Effect: "verify", Result: "expired"},
		{Effect: "identify", Result: "unavailable"},
		{Effect: "request", Service: "bank", Method: "GET", Result: "not_found"},
		{Effect: "action", Service: "bank", Method: "POST", Result: "unknown"},
	}}})
	maria := engine.Principal{Account: "12345", ID: "maria", Greeting: "Maria"}
	s := &standIns{outcomes: outcomes, stage: flowtest.NewStage(anybody{maria}, &flowtest.Given{}), code: engine.NewSecret(flowtest.UsualCode)}
	get, post := engine.Fetch{Service: "bank", Method: "GET"}, engine.Fetch{Service: "bank", Method: "POST"}
	for _, want := range []struct {
		in    engine.SignIn
		sent  engine.CodeSending
		code  engine.CodeResult
		found engine.Identification
		read  engine.Answer
		done  engine.Answer
		again bool
	}{
		{engine.SignInLocked, engine.CodeSentRejected, engine.CodeExpired, engine.IdentifiedUnavailable, engine.AnswerNotFound, engine.AnswerUnknown, false},
		{engine.SignInAuthenticated, engine.CodeSentOn, engine.CodeVerified, engine.IdentifiedNone, engine.AnswerError, engine.AnswerPending, true},
	} {
		ctx := t.Context()
		in, err1 := s.Authenticate(ctx, engine.Authenticate{Account: "777"})
		sent, err2 := s.SendCode(ctx, engine.SendCode{Number: "+61412345678"})
		code, err3 := s.CheckCode(ctx, engine.CheckCode{Handle: sent.Handle})
		found, err4 := s.Identify(ctx, engine.Identify{Number: "+61412345678"})
		read, err5 := s.Request(ctx, engine.Request{Fetch: get})
		again := s.Idempotent("bank")
		done, _, err6 := s.Action(ctx, engine.Action{Fetch: post, Key: "k"})
		if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
			t.Fatal(err)
		}
		if in.Result != want.in || sent.Result != want.sent || code.Result != want.code || found.Result != want.found || read.Result != want.read || done.Result != want.done || again != want.again {
			t.Errorf("%s %s %s %s %s %s %v, expected %+v", in.Result, sent.Result, code.Result, found.Result, read.Result, done.Result, again, want)
		}
	}
}

// An answer takes its time, and no longer than whoever asks wants to wait.
func TestStandInsTakeTime(t *testing.T) {
	t.Parallel()
	s := &standIns{stage: flowtest.NewStage(anybody{}, &flowtest.Given{})}
	s.stage.Slow(flowtest.SignInName, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Authenticate(ctx, engine.Authenticate{Account: "1"}); err == nil {
		t.Error("it did not wait")
	}
}

// loaded is a configuration, whatever is wrong with it.
func loaded(t *testing.T, text string) *config.Config {
	t.Helper()
	c, _ := config.Load(config.Source{File: "callflow.yaml", Content: []byte(text), Catalog: catalog()})
	return c
}

// A platform is opened as it is set up, but for its signature.
func TestOpenUnsigned(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		in := &installation{config: loaded(t, "flows: flow.yaml\nplatforms: { "+e.Name+": { "+e.SignedBy()+": wh_secret_testtesttesttest } }\n")}
		if len(in.config.Platforms) != 1 {
			t.Errorf("%s is not configured", e.Name)
		}
		codec, err := in.openUnsigned(e.Name)
		if err != nil || codec.Name() != e.Name {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	bare := &installation{config: loaded(t, "flows: flow.yaml\n")}
	for _, e := range providers.Telephony() {
		if codec, err := bare.openUnsigned(e.Name); err != nil || codec.Name() != e.Name {
			t.Errorf("%s, which is not configured: %v", e.Name, err)
		}
	}
	if _, err := bare.openUnsigned("nosuch"); exitStatus(err) != exitUsage {
		t.Errorf("an unknown platform: %v", err)
	}
}
