package auth0_test

import (
	"errors"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/fake"
)

const mobile = "+61412345678"

func withPhones(c *fake.Config, _ *auth0.Config) {
	pin := engine.NewSecret(rightPIN)
	c.Users = append(c.Users,
		fake.User{Account: "501", PIN: pin, Greeting: "Mia", Phones: []string{mobile}},
		fake.User{Account: "502", PIN: pin, Greeting: "Leo", Phones: []string{"+61412345679"}, MFA: true},
		fake.User{Account: "503", PIN: pin, Greeting: "App", MFA: true},
	)
}

func (l *line) sendCode(t *testing.T, e engine.SendCode) engine.CodeSent {
	t.Helper()
	sent, err := l.SendCode(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func (l *line) checkCode(t *testing.T, h engine.Secret, code string) engine.CodeChecked {
	t.Helper()
	got, err := l.CheckCode(t.Context(), engine.CheckCode{Handle: h, Code: engine.NewSecret(code)})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPasswordless(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fake.Config, *auth0.Config){
		"start":         withPhones,
		"otp challenge": func(f *fake.Config, c *auth0.Config) { withPhones(f, c); c.OTP = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, change)
			sms := engine.SendCode{Number: mobile, Channel: engine.ChannelSMS}
			sent := l.sendCode(t, sms)
			code, delivery := l.tenant.Sent(mobile)
			if sent.Result != engine.CodeSentOn || sent.Ending != "78" || delivery != "text" {
				t.Fatalf("%+v by %s", sent, delivery)
			}
			if got := l.checkCode(t, sent.Handle, "0"); got.Result != engine.CodeDenied {
				t.Errorf("a wrong code: %s", got.Result)
			}
			got := l.checkCode(t, sent.Handle, code)
			if got.Result != engine.CodeVerified || got.Principal == nil || got.Principal.Account != "501" || got.Principal.Greeting != "Mia" || got.Phone != mobile {
				t.Errorf("the right one: %+v", got)
			}
			if got := l.checkCode(t, sent.Handle, code); got.Result != engine.CodeDenied {
				t.Errorf("once more: %s", got.Result)
			}

			sent = l.sendCode(t, sms)
			for range 3 {
				l.checkCode(t, sent.Handle, "0")
			}
			code, _ = l.tenant.Sent(mobile)
			if got := l.checkCode(t, sent.Handle, code); got.Result != engine.CodeExpired {
				t.Errorf("after three wrong ones: %s", got.Result)
			}
			sent = l.sendCode(t, sms)
			code, _ = l.tenant.Sent(mobile)
			l.ahead.Store(int64(4 * time.Minute))
			if got := l.checkCode(t, sent.Handle, code); got.Result != engine.CodeExpired {
				t.Errorf("too late: %s", got.Result)
			}
		})
	}
}

// A number that nobody has is answered alike, and proves itself and no account.
func TestPasswordlessOfNobody(t *testing.T) {
	t.Parallel()
	l := newLine(t, withPhones)
	const number = "+61400000000"
	sent := l.sendCode(t, engine.SendCode{Number: number, Channel: engine.ChannelSMS})
	code, _ := l.tenant.Sent(number)
	got := l.checkCode(t, sent.Handle, code)
	if got.Result != engine.CodeVerified || got.Principal != nil || got.Phone != number {
		t.Errorf("%+v", got)
	}
}

func TestSpokenCodes(t *testing.T) {
	t.Parallel()
	spoken := engine.SendCode{Number: mobile, Channel: engine.ChannelVoice}
	l := newLine(t, withPhones, func(_ *fake.Config, c *auth0.Config) { c.OTP = true })
	l.sendCode(t, spoken)
	if _, delivery := l.tenant.Sent(mobile); delivery != "voice" {
		t.Errorf("delivered by %s", delivery)
	}
	if _, err := newLine(t, withPhones).SendCode(t.Context(), spoken); !errors.Is(err, runner.ErrSetup) {
		t.Errorf("a passwordless connection: %v", err)
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	l := newLine(t, withPhones)
	pending := func(account string) engine.Secret {
		t.Helper()
		in, err := l.signIn(t, account, rightPIN)
		if err != nil || in.Result != engine.SignInChallenge || in.Pending.Len() == 0 {
			t.Fatalf("%+v, %v", in.Result, err)
		}
		return in.Pending
	}
	sent := l.sendCode(t, engine.SendCode{Pending: pending("502"), Channel: engine.ChannelSMS})
	code, delivery := l.tenant.Sent("+61412345679")
	if sent.Result != engine.CodeSentOn || sent.Ending != "79" || delivery != "sms" {
		t.Fatalf("%+v by %s", sent, delivery)
	}
	if got := l.checkCode(t, sent.Handle, "0"); got.Result != engine.CodeDenied {
		t.Errorf("a wrong code: %s", got.Result)
	}
	got := l.checkCode(t, sent.Handle, code)
	if got.Result != engine.CodeVerified || got.Phone != "" || got.Principal == nil || got.Principal.Account != "502" {
		t.Errorf("%+v", got)
	}

	// A code is not spoken to the line that is calling, and is to another.
	voice := engine.SendCode{Pending: pending("502"), Channel: engine.ChannelVoice, From: "+61412345679"}
	if sent := l.sendCode(t, voice); sent.Result != engine.CodeSentRejected {
		t.Errorf("a busy line: %s", sent.Result)
	}
	voice.From = "+61412345600"
	if sent := l.sendCode(t, voice); sent.Result != engine.CodeSentOn {
		t.Errorf("another line: %s", sent.Result)
	}

	app := l.sendCode(t, engine.SendCode{Pending: pending("503"), Channel: engine.ChannelSMS})
	if got := l.checkCode(t, app.Handle, fake.AppCode); got.Principal == nil || got.Principal.Account != "503" {
		t.Errorf("an app: %+v", got)
	}

	late := pending("502")
	l.ahead.Store(int64(11 * time.Minute))
	if sent := l.sendCode(t, engine.SendCode{Pending: late, Channel: engine.ChannelSMS}); sent.Result != engine.CodeSentRejected {
		t.Errorf("too late: %s", sent.Result)
	}
}

// What Auth0 answers, and what that is to a call.
func TestCodeAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault string
		sent  engine.CodeSending // "": an outage
		setup error
	}{
		{"code=400:bad.phone_number", engine.CodeSentRejected, nil},
		{"code=400:bad.connection", "", runner.ErrSetup},
		{"code=401:invalid_client", "", runner.ErrCredentials},
		{"code=400:sms_provider_error", "", nil},
		{"code=503:temporarily_unavailable", "", nil},
		{"code=drop", "", nil},
		{"code=429", "", nil},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, withPhones)
			script(t, l.tenant, c.fault)
			sent, err := l.SendCode(t.Context(), engine.SendCode{Number: mobile, Channel: engine.ChannelSMS})
			if sent.Result != c.sent || (err != nil) != (c.sent == "") || c.setup != nil && !errors.Is(err, c.setup) {
				t.Errorf("%q, %v", sent.Result, err)
			}
			if n := l.tenant.Count(fake.Code); n != 1 {
				t.Errorf("asked %d times; a code is sent once", n)
			}
		})
	}
}
