package auth0_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/auth0"
	"callflow/providers/identity/auth0/fake"
)

// What must never be seen in an error or a log.
const (
	rightPIN = "739128405617" // which no port or time has by chance
	wrongPIN = "582046173920"
	secret   = "the-client-secret-of-tests"
)

// signingKeys are made once: they take long.
var signingKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for range 3 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys = append(keys, k)
	}
	return keys
})

func users() []fake.User {
	pin := engine.NewSecret(rightPIN)
	return []fake.User{
		{Account: "12345", PIN: pin, Greeting: "Ana"},
		{Account: "007", PIN: pin, Name: "James"},
		{Account: "99", PIN: pin, Blocked: true},
		{Account: "98", PIN: pin, Leaked: true},
		{Account: "97", PIN: pin, MFA: true},
		{Account: "96", PIN: pin, Connection: "Another-Database"},
		{Account: "95", PIN: pin, AppMetadata: map[string]any{"account_number": 95}},
		{Account: "twin-1", PIN: pin, AppMetadata: map[string]any{"account_number": "94"}},
		{Account: "twin-2", PIN: pin, AppMetadata: map[string]any{"account_number": "94"}},
	}
}

// line is a provider, its tenant, and all that it logged or failed with.
type line struct {
	*auth0.Provider
	tenant *fake.Tenant
	server *httptest.Server
	logs   bytes.Buffer
	logMu  sync.Mutex
	ahead  atomic.Int64 // of the clock, in nanoseconds
}

func (l *line) now() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }

func (l *line) Write(p []byte) (int, error) {
	l.logMu.Lock()
	defer l.logMu.Unlock()
	return l.logs.Write(p)
}

func (l *line) logged() string {
	l.logMu.Lock()
	defer l.logMu.Unlock()
	return l.logs.String()
}

// newLine makes a tenant behind TLS and a provider that trusts its certificate.
func newLine(t *testing.T, change ...func(*fake.Config, *auth0.Config)) *line {
	t.Helper()
	l := &line{}
	tenant := fake.Config{
		Domain:       "bank.eu.auth0.com",
		ClientID:     "the-client",
		ClientSecret: engine.NewSecret(secret),
		Users:        users(),
		Keys:         signingKeys(),
		Now:          l.now,
	}
	config := auth0.Config{
		Domain:        tenant.Domain,
		ClientID:      tenant.ClientID,
		ClientSecret:  tenant.ClientSecret,
		Now:           l.now,
		Timeout:       10 * time.Second,
		LookupTimeout: 10 * time.Second,
		LookupRate:    10000,
		LoginRate:     10000,
		// Without the time: its digits could be anybody's.
		Log: zap.New(zapcore.NewCore(
			zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg", LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder}),
			zapcore.AddSync(l), zapcore.DebugLevel)),
	}
	for _, c := range change {
		c(&tenant, &config)
	}
	var err error
	if l.tenant, err = fake.New(tenant); err != nil {
		t.Fatal(err)
	}
	l.server = httptest.NewUnstartedServer(l.tenant)
	l.server.Config.ErrorLog = nil
	l.server.StartTLS()
	t.Cleanup(l.server.Close)
	config.BaseURL, config.Transport = l.server.URL, l.server.Client().Transport
	if l.Provider, err = auth0.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		noSecrets(t, l.logged())
	})
	return l
}

// noSecrets fails if text shows what nobody may see.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, s := range []string{rightPIN, wrongPIN, secret, "eyJ", "12345", "fake-access-token", "Fe26"} {
		if strings.Contains(text, s) {
			t.Errorf("%q is shown:\n%s", s, text)
		}
	}
}

func (l *line) signIn(t *testing.T, account, pin string) (engine.SignedIn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	in, err := l.Authenticate(ctx, engine.Authenticate{Account: account, PIN: engine.NewSecret(pin), From: "+61255500123"})
	if err != nil {
		noSecrets(t, fmt.Sprintf("%v %+v", err, err))
		if in.Result != engine.SignInUnavailable {
			t.Errorf("with an error the result is %q", in.Result)
		}
	}
	if in.Result != engine.SignInAuthenticated && in.Principal != (engine.Principal{}) {
		t.Errorf("%s with the principal %+v", in.Result, in.Principal)
	}
	return in, err
}

func (l *line) want(t *testing.T, account, pin string, want engine.SignIn) {
	t.Helper()
	if in, err := l.signIn(t, account, pin); in.Result != want || (err != nil) != (want == engine.SignInUnavailable) {
		t.Errorf("the sign-in is %q, %v; want %q", in.Result, err, want)
	}
}

func byUsername(_ *fake.Config, c *auth0.Config) { c.Lookup = auth0.LookupUsername }

func script(t *testing.T, tenant *fake.Tenant, faults ...string) {
	t.Helper()
	for _, s := range faults {
		f, err := fake.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		tenant.Script(f)
	}
}

// Both set-ups, user by user.
func TestSignIn(t *testing.T) {
	t.Parallel()
	const (
		yes       = engine.SignInAuthenticated
		no        = engine.SignInDenied
		locked    = engine.SignInLocked
		challenge = engine.SignInChallenge
	)
	tests := []struct {
		name               string
		account, pin       string
		metadata, username engine.SignIn
		greeting           string
	}{
		{"right", "12345", rightPIN, yes, yes, "Ana"},
		{"wrong PIN", "12345", wrongPIN, no, no, ""},
		{"leading zeros are kept", "007", rightPIN, yes, yes, "James"},
		{"and mean something", "7", rightPIN, no, no, ""},
		{"unknown account", "55555", rightPIN, no, no, ""},
		{"blocked", "99", rightPIN, locked, locked, ""},
		{"blocked, and the PIN is wrong", "99", wrongPIN, no, no, ""},
		{"password in a breach", "98", rightPIN, locked, locked, ""},
		{"second factor", "97", rightPIN, challenge, challenge, ""},
		{"another connection", "96", rightPIN, no, no, ""},
		{"account number stored as a number", "95", rightPIN, no, yes, ""},
		{"account number of two", "94", rightPIN, no, no, ""},
		{"an email is no account number", "user-12345@example.com", rightPIN, no, no, ""},
		{"no account", "", rightPIN, no, no, ""},
		{"no PIN", "12345", "", no, no, ""},
		{"a wildcard", "*", rightPIN, no, no, ""},
		{"a quote", `12345" OR "a`, rightPIN, no, no, ""},
		{"a backslash", `12345\`, rightPIN, no, no, ""},
		{"a line break", "12345\n", rightPIN, no, no, ""},
		{"too long", strings.Repeat("1", 65), rightPIN, no, no, ""},
	}
	for _, mode := range []auth0.Lookup{auth0.LookupAppMetadata, auth0.LookupUsername} {
		l := newLine(t, func(_ *fake.Config, c *auth0.Config) { c.Lookup = mode })
		for _, tt := range tests {
			t.Run(string(mode)+"/"+tt.name, func(t *testing.T) {
				want := tt.metadata
				if mode == auth0.LookupUsername {
					want = tt.username
				}
				in, err := l.signIn(t, tt.account, tt.pin)
				if err != nil || in.Result != want {
					t.Fatalf("the sign-in is %q, %v; want %q", in.Result, err, want)
				}
				if want != yes {
					return
				}
				if p := in.Principal; p.Account != tt.account || !strings.HasPrefix(p.ID, "auth0|") || p.Greeting != tt.greeting {
					t.Errorf("the principal is %+v, want account %q, greeting %q", p, tt.account, tt.greeting)
				}
			})
		}
		if mode == auth0.LookupUsername && l.tenant.Count(fake.Search) != 0 {
			t.Errorf("%d searches; the username needs none", l.tenant.Count(fake.Search))
		}
		if n := l.tenant.Count(fake.Token); n != 1 {
			t.Errorf("%d management tokens for one provider, want 1", n)
		}
		if n := l.tenant.Count(fake.Keys); n != 1 {
			t.Errorf("the keys were fetched %d times, want 1", n)
		}
	}
}

// What can be nobody's account number is not asked for, and no PIN is sent with it.
func TestNobodysAccount(t *testing.T) {
	t.Parallel()
	for _, mode := range []auth0.Lookup{auth0.LookupAppMetadata, auth0.LookupUsername} {
		l := newLine(t, func(_ *fake.Config, c *auth0.Config) { c.Lookup = mode })
		for _, account := range []string{"", strings.Repeat("1", 65), "12345\n", " 12345", "12345\x00", "\xff"} {
			l.want(t, account, rightPIN, engine.SignInDenied)
		}
		l.want(t, "12345", "", engine.SignInDenied)
		if n := l.tenant.Count(fake.Search) + l.tenant.Count(fake.Login); n != 0 {
			t.Errorf("by %s the tenant was asked %d times", mode, n)
		}
	}
}

// Operators hear of profiles that can never sign in, by user id alone.
func TestProfileWarnings(t *testing.T) {
	t.Parallel()
	for account, want := range map[string]string{
		"94": "several users have the same account number",
		"95": "", // the quoted search does not find a number
		"96": "is not in the connection",
	} {
		l := newLine(t)
		l.want(t, account, rightPIN, engine.SignInDenied)
		if got := l.logged(); want != "" && !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("account %s: logged %q, want %q", account, got, want)
		}
	}
}

// Every row of Auth0's table of refusals.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		down   = engine.SignInUnavailable
		denied = engine.SignInDenied
		locked = engine.SignInLocked
	)
	tests := []struct {
		fault string
		want  engine.SignIn
		alarm error
	}{
		{"403:invalid_grant:Wrong email or password.", denied, nil},
		{"403:invalid_grant:user is blocked", denied, nil}, // the text of another row
		{"429:too_many_attempts:Your account has been blocked", locked, nil},
		{"429:too_many_logins:Too many logins", locked, nil},
		{"429:too_many_requests:Global limit has been reached", down, nil},
		{"429-bare", down, nil},
		{"429", down, nil},
		{"403:unauthorized:user is blocked", locked, nil},
		{"401:unauthorized:user is blocked", locked, nil},
		{"403:access_denied:Blocked user", locked, nil},
		{"403:blocked_user:anything", locked, nil},
		{"401:blocked_user", locked, nil},
		{"403:access_denied:Not from here", denied, nil},
		{"401:access_denied:Not from here", denied, nil},
		{"401:unauthorized:An Action refused", denied, nil},
		{"403:unauthorized:An Action refused", denied, nil},
		{"401:password_leaked:In a breach", locked, nil},
		{"403:mfa_required:Multifactor authentication required", engine.SignInChallenge, nil},
		{"401:requires_verification:Suspicious request requires verification", down, runner.ErrSetup},
		{"403:requires_validation", down, runner.ErrSetup},
		{"401:invalid_client:Unauthorized", down, runner.ErrCredentials},
		{"403:unauthorized_client:Grant type not allowed", down, runner.ErrSetup},
		{"400:invalid_request:unknown realm", down, runner.ErrSetup},
		{"400:invalid_scope", down, runner.ErrSetup},
		{"404:endpoint_disabled", down, runner.ErrSetup},
		{"405:method_not_allowed", down, runner.ErrSetup},
		{"501:unsupported_grant_type", down, runner.ErrSetup},
		{"500", down, nil},
		{"502", down, nil},
		{"503:temporarily_unavailable", down, nil},
		{"504", down, nil},
		{"418:teapot", down, runner.ErrSetup},
		{"drop", down, nil},
		{"cut", down, nil},
		{"garbage", down, nil},
		{"redirect", down, nil},
		{"slow:30s", down, nil},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, byUsername, func(_ *fake.Config, c *auth0.Config) {
				if strings.HasPrefix(tt.fault, "slow") {
					c.Timeout = 500 * time.Millisecond
				}
			})
			script(t, l.tenant, "login="+tt.fault)
			in, err := l.signIn(t, "12345", rightPIN)
			if in.Result != tt.want {
				t.Fatalf("the sign-in is %q, %v; want %q", in.Result, err, tt.want)
			}
			for _, alarm := range []error{runner.ErrCredentials, runner.ErrSetup} {
				if errors.Is(err, alarm) != errors.Is(tt.alarm, alarm) {
					t.Errorf("the error is %v; want alarm %v", err, tt.alarm)
				}
			}
			if n := l.tenant.Count(fake.Login); n != 1 {
				t.Errorf("the PIN was sent %d times, want once", n)
			}
			l.tenant.Mend()
			l.ahead.Add(int64(2 * time.Minute))
			l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
		})
	}
}

// Every way in which a sign-in could be made to count that does not.
func TestFooled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault, says string
	}{
		{"login=no-id-token", "has none"},
		{"login=wrong-key", "signature is wrong"},
		{"login=unknown-key", "does not publish"},
		{"login=wrong-audience", "another application"},
		{"login=wrong-issuer", "another tenant"},
		{"login=wrong-sub", "another user"},
		{"login=no-sub", "lacks"},
		{"login=expired", "expired"},
		{"login=no-exp", "lacks"},
		{"login=future", "clock"},
		{"login=hs256", "RS256"},
		{"login=hs256-public-key", "RS256"},
		{"login=unsigned", "RS256"},
		{"login=jwe", "no signed token"},
		{"user=other", "another user"},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			script(t, l.tenant, tt.fault)
			in, err := l.signIn(t, "12345", rightPIN)
			if in.Result != engine.SignInUnavailable || err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("the sign-in is %q, %v; want unavailable, and %q", in.Result, err, tt.says)
			}
			if !errors.Is(err, runner.ErrSetup) {
				t.Errorf("%v raises no alarm", err)
			}
			if n := l.tenant.Count(fake.Login); n != 1 {
				t.Errorf("the PIN was sent %d times, want once", n)
			}
			l.tenant.Mend()
			l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
		})
	}
}

// A user who was blocked while logging in is not let in.
func TestBlockedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	script(t, l.tenant, "user=blocked*1")
	l.want(t, "12345", rightPIN, engine.SignInLocked)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
}

// A username's token may name whom it likes: the profile decides.
func TestFooledByUsername(t *testing.T) {
	t.Parallel()
	l := newLine(t, byUsername)
	script(t, l.tenant, "login=wrong-sub*1")
	l.want(t, "12345", rightPIN, engine.SignInDenied) // there is no such user
	script(t, l.tenant, "user=other*1")
	if in, err := l.signIn(t, "12345", rightPIN); in.Result != engine.SignInUnavailable {
		t.Errorf("with another's profile the sign-in is %q, %v", in.Result, err)
	}
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
}

// A search that finds somebody else, or lags behind, lets nobody in.
func TestSearchNotBelieved(t *testing.T) {
	t.Parallel()
	t.Run("another user", func(t *testing.T) {
		t.Parallel()
		l := newLine(t)
		script(t, l.tenant, "search=other")
		l.want(t, "12345", rightPIN, engine.SignInDenied)
		if n := l.tenant.Count(fake.Login); n != 0 {
			t.Errorf("a PIN was sent for a user who was not asked for")
		}
	})
	t.Run("a new user is denied until the search knows", func(t *testing.T) {
		t.Parallel()
		l := newLine(t)
		l.ahead.Add(int64(time.Hour))
		l.tenant.Put(fake.User{Account: "31", PIN: engine.NewSecret(rightPIN)})
		script(t, l.tenant, "search=lag:30s")
		l.want(t, "31", rightPIN, engine.SignInDenied)
		l.ahead.Add(int64(time.Minute))
		l.want(t, "31", rightPIN, engine.SignInAuthenticated)
	})
	t.Run("an account that has passed to another", func(t *testing.T) {
		t.Parallel()
		l := newLine(t)
		in, err := l.signIn(t, "12345", rightPIN)
		if err != nil {
			t.Fatal(err)
		}
		l.ahead.Add(int64(time.Hour))
		l.tenant.Put(fake.User{
			ID: in.Principal.ID, Account: "12345", PIN: engine.NewSecret(rightPIN),
			AppMetadata: map[string]any{"account_number": "500"},
		})
		script(t, l.tenant, "search=lag:30s")
		l.want(t, "12345", rightPIN, engine.SignInDenied)
		if !strings.Contains(l.logged(), "no longer theirs") {
			t.Errorf("nobody is told: %s", l.logged())
		}
	})
}

// The server starts, and stays up, while Auth0 is down; and Auth0 comes back.
func TestDownAtStart(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	script(t, l.tenant, "any=503")
	l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	if n := l.tenant.Count(fake.Login); n != 0 {
		t.Errorf("a PIN was sent to a tenant without keys")
	}
	l.tenant.Mend()
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
}

// No PIN is sent that could not be believed: without keys, or without a way to read
// the profile.
func TestNoPINInVain(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"jwks=503", "token=503", "token=401:invalid_client"} {
		l := newLine(t, byUsername)
		script(t, l.tenant, fault)
		l.want(t, "12345", rightPIN, engine.SignInUnavailable)
		if n := l.tenant.Count(fake.Login); n != 0 {
			t.Errorf("%s: a PIN was sent", fault)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.server.Close()
	in, err := l.signIn(t, "12345", rightPIN)
	if in.Result != engine.SignInUnavailable || err == nil {
		t.Errorf("the sign-in is %q, %v", in.Result, err)
	}
}

// The tenant changes its keys in the middle: the PIN is not sent again.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	l.ahead.Add(int64(10 * time.Second))
	if err := l.tenant.Rotate(); err != nil {
		t.Fatal(err)
	}
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	if logins, keys := l.tenant.Count(fake.Login), l.tenant.Count(fake.Keys); logins != 2 || keys != 2 {
		t.Errorf("%d logins and %d fetches of keys, want 2 and 2", logins, keys)
	}
}

// A tenant that changes its keys just after they were fetched is asked again, but not
// for every token with a key that it does not publish.
func TestKeyRotationAtOnce(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	if err := l.tenant.Rotate(); err != nil {
		t.Fatal(err)
	}
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	script(t, l.tenant, "login=unknown-key")
	for range 3 {
		l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	}
	if n := l.tenant.Count(fake.Keys); n != 2 {
		t.Errorf("the keys were asked for %d times, want 2", n)
	}
	l.ahead.Add(int64(10 * time.Second))
	l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	if n := l.tenant.Count(fake.Keys); n != 3 {
		t.Errorf("the keys were asked for %d times, want 3", n)
	}
}

// Keys are asked for again now and then, and the old ones do while they cannot be
// had.
func TestKeysGrowOld(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	l.ahead.Add(int64(2 * time.Hour))
	script(t, l.tenant, "jwks=503*1")
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	if n := l.tenant.Count(fake.Keys); n != 3 {
		t.Errorf("the keys were asked for %d times, want 3", n)
	}
}

// One management token serves everybody; it is renewed before its end while calls
// go on with it, and at once when Auth0 refuses it.
func TestManagementToken(t *testing.T) {
	t.Parallel()
	l := newLine(t, func(c *fake.Config, _ *auth0.Config) { c.Life = 10 * time.Minute })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { l.want(t, "12345", rightPIN, engine.SignInAuthenticated) })
	}
	all.Wait()
	if n := l.tenant.Count(fake.Token); n != 1 {
		t.Fatalf("%d tokens for twenty callers at once, want 1", n)
	}
	l.ahead.Add(int64(9*time.Minute + 30*time.Second))
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	for n := 0; l.tenant.Count(fake.Token) < 2 && n < 6000; n++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := l.tenant.Count(fake.Token); n != 2 {
		t.Fatalf("%d tokens near the end of the first one, want 2", n)
	}
	l.ahead.Add(int64(time.Minute)) // the first one is over
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)

	l.tenant.Revoke()
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	if n := l.tenant.Count(fake.Token); n != 3 {
		t.Errorf("%d tokens after one was refused, want 3", n)
	}
	script(t, l.tenant, "search=401")
	in, err := l.signIn(t, "12345", rightPIN)
	if in.Result != engine.SignInUnavailable || !errors.Is(err, runner.ErrCredentials) {
		t.Errorf("the sign-in is %q, %v; want an alarm about credentials", in.Result, err)
	}
	for range 10 {
		l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	}
	if n := l.tenant.Count(fake.Token); n > 4 {
		t.Errorf("%d tokens: each refusal fetched another", n)
	}
}

// What is wrong with the application is an alarm that says what to do.
func TestWrongSetup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*fake.Config, *auth0.Config)
		faults []string
		alarm  error
		says   string
	}{
		{"wrong secret", func(_ *fake.Config, c *auth0.Config) { c.ClientSecret = engine.NewSecret("mistyped") }, nil, runner.ErrCredentials, "client_secret"},
		{"wrong client", func(_ *fake.Config, c *auth0.Config) { c.ClientID = "mistyped" }, nil, runner.ErrCredentials, "client_id"},
		{"wrong audience", func(_ *fake.Config, c *auth0.Config) { c.Audience = "https://other.auth0.com/api/v2/" }, nil, runner.ErrSetup, "audience"},
		{"no scope", func(c *fake.Config, _ *auth0.Config) { c.Scopes = []string{"read:clients"} }, nil, runner.ErrSetup, "read:users"},
		{"wrong realm", func(c *fake.Config, _ *auth0.Config) {
			c.Users = []fake.User{{Account: "12345", PIN: engine.NewSecret(rightPIN), Connection: auth0.DefaultRealm}}
			c.Realm = "Other"
		}, nil, runner.ErrSetup, "realm"},
		{"no client credentials grant", func(*fake.Config, *auth0.Config) {}, []string{"token=403:unauthorized_client"}, runner.ErrSetup, "Client Credentials"},
		{"no such tenant", func(*fake.Config, *auth0.Config) {}, []string{"token=404"}, runner.ErrSetup, "domain"},
		{"query refused", func(*fake.Config, *auth0.Config) {}, []string{"search=400:invalid_query_string"}, runner.ErrSetup, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t, tt.change)
			script(t, l.tenant, tt.faults...)
			in, err := l.signIn(t, "12345", rightPIN)
			if in.Result != engine.SignInUnavailable || !errors.Is(err, tt.alarm) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the sign-in is %q, %v; want the alarm %q, and %q", in.Result, err, tt.alarm, tt.says)
			}
		})
	}
}

// Reading is tried once more, in the same time; a PIN never.
func TestRetries(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"search=drop*1", "search=503*1", "search=cut*1", "user=drop*1", "user=502*1"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			script(t, l.tenant, fault)
			l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
		})
	}
	l := newLine(t)
	script(t, l.tenant, "search=drop")
	l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	// net/http repeats a GET by itself when a connection it kept turns out dead.
	if n := l.tenant.Count(fake.Search); n < 2 || n > 3 {
		t.Errorf("%d searches, want 2, or 3", n)
	}
}

// After a 429 nobody asks again until Auth0 says so, and callers hear it at once.
func TestRateLimited(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	script(t, l.tenant, "search=429:30s*1")
	l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	asked := l.tenant.Count(fake.Search)
	for range 5 {
		l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	}
	if n := l.tenant.Count(fake.Search); n != asked {
		t.Errorf("%d searches while Auth0's limit held", n-asked)
	}
	l.ahead.Add(int64(31 * time.Second))
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
}

// One user's lock does not close the line for others.
func TestLockedUserAlone(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for range fake.DefaultAttempts {
		l.want(t, "12345", wrongPIN, engine.SignInDenied)
	}
	for range 7 { // more than open a breaker
		l.want(t, "12345", rightPIN, engine.SignInLocked)
	}
	l.want(t, "007", rightPIN, engine.SignInAuthenticated)
}

// A tenant that fails and fails is left alone for a while (how long: gate_test.go).
func TestBreaker(t *testing.T) {
	t.Parallel()
	l := newLine(t, byUsername)
	script(t, l.tenant, "login=503")
	for range 20 {
		l.want(t, "12345", rightPIN, engine.SignInUnavailable)
	}
	if n := l.tenant.Count(fake.Login); n != 5 {
		t.Errorf("%d logins at a tenant that fails, want 5", n)
	}
}

// Our own rate does not wait longer than the caller.
func TestOwnRate(t *testing.T) {
	t.Parallel()
	l := newLine(t, byUsername, func(_ *fake.Config, c *auth0.Config) { c.LoginRate, c.Timeout = 1, 300*time.Millisecond })
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	in, err := l.signIn(t, "12345", rightPIN)
	if in.Result != engine.SignInUnavailable || !strings.Contains(err.Error(), "our own rate limit") {
		t.Errorf("the sign-in is %q, %v", in.Result, err)
	}
}

// An account that nobody has takes as long as a wrong PIN.
func TestUnknownTakesAsLong(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	script(t, l.tenant, "login=slow:250ms")
	for range 3 {
		l.want(t, "12345", wrongPIN, engine.SignInDenied)
	}
	for _, account := range []string{"55555", "94", "96", "\n"} {
		began := time.Now()
		l.want(t, account, wrongPIN, engine.SignInDenied)
		if took := time.Since(began); took < 240*time.Millisecond {
			t.Errorf("an account that cannot sign in took %s, a wrong PIN 250ms", took)
		}
	}
}

// The caller's patience is kept wherever it ends.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"token", "jwks", "search", "login", "user"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			script(t, l.tenant, at+"=slow:30s")
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			in, err := l.Authenticate(ctx, engine.Authenticate{Account: "12345", PIN: engine.NewSecret(rightPIN)})
			if took := time.Since(began); in.Result != engine.SignInUnavailable || err == nil || took > 20*time.Second {
				t.Errorf("the sign-in is %q, %v, after %s", in.Result, err, took)
			}
			l.server.CloseClientConnections()
		})
	}
}

// What is sent is what Auth0 documents: the realm grant, openid, the exact search.
func TestSent(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	type sent struct{ login, search, agent string }
	var got sent
	next := l.server.Config.Handler
	l.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch {
		case strings.Contains(string(body), "password-realm"):
			got.login, got.agent = string(body), r.Header.Get("Auth0-Client")
		case r.URL.Path == "/api/v2/users":
			got.search = r.URL.Query().Encode()
		}
		next.ServeHTTP(w, r)
	})
	l.want(t, "12345", rightPIN, engine.SignInAuthenticated)
	wantLogin := "client_id=the-client&client_secret=" + secret +
		"&grant_type=http%3A%2F%2Fauth0.com%2Foauth%2Fgrant-type%2Fpassword-realm&password=" + rightPIN +
		"&realm=Username-Password-Authentication&scope=openid&username=12345"
	if got.login != wantLogin {
		t.Errorf("the login is\n%s\nwant\n%s", got.login, wantLogin)
	}
	for _, part := range []string{"q=app_metadata.account_number%3A%2212345%22", "search_engine=v3", "per_page=2", "primary_order=false", "include_totals=true", "include_fields=true"} {
		if !strings.Contains(got.search, part) {
			t.Errorf("the search is %s, without %s", got.search, part)
		}
	}
	if got.agent == "" {
		t.Error("Auth0's log would not show who asked")
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := auth0.Config{Domain: "bank.eu.auth0.com", ClientID: "c", ClientSecret: engine.NewSecret("s")}
	tests := []struct {
		name   string
		change func(*auth0.Config)
		says   string
	}{
		{"good", func(*auth0.Config) {}, ""},
		{"scheme", func(c *auth0.Config) { c.Domain = "https://Bank.eu.auth0.com/" }, ""},
		{"base", func(c *auth0.Config) { c.BaseURL = "http://127.0.0.1:4400" }, ""},
		{"base over TLS", func(c *auth0.Config) { c.BaseURL = "https://tenant.example.com" }, ""},
		{"no domain", func(c *auth0.Config) { c.Domain = "" }, "no domain"},
		{"path", func(c *auth0.Config) { c.Domain = "bank.eu.auth0.com/login" }, "the domain is"},
		{"user", func(c *auth0.Config) { c.Domain = "evil@bank.eu.auth0.com" }, "the domain is"},
		{"no client", func(c *auth0.Config) { c.ClientID = "" }, "client_id"},
		{"no secret", func(c *auth0.Config) { c.ClientSecret = engine.Secret{} }, "client_secret"},
		{"lookup", func(c *auth0.Config) { c.Lookup = "email" }, "app_metadata or username"},
		{"audience", func(c *auth0.Config) { c.Audience = "https://api.example.com" }, "audience"},
		{"in clear", func(c *auth0.Config) { c.BaseURL = "http://192.0.2.1" }, "unencrypted"},
		{"base scheme", func(c *auth0.Config) { c.BaseURL = "ftp://127.0.0.1" }, "scheme"},
	}
	for _, tt := range tests {
		c := good
		tt.change(&c)
		p, err := auth0.New(c)
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: the error is %v, want %q", tt.name, err, tt.says)
		}
		if p != nil {
			_ = p.Close()
		}
	}
}
