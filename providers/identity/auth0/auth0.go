package auth0

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/auth0/go-auth0/authentication"
	"go.uber.org/zap"

	"callflow/engine"
	"callflow/engine/runner"
)

// Provider signs callers in with one tenant. It is safe for concurrent use, and
// meant to live as long as the process.
type Provider struct {
	config    Config
	transport *transport
	auth      *authentication.Authentication
	tokens    *tokens
	keys      *keys
	lookups   *gate
	logins    *gate
	starts    *gate        // the sending of codes, which has a limit of its own
	factors   *gate        // second factors, as well
	errands   *gate        // what operators ask for
	downloads *http.Client // of links to other hosts
	pace      pace
	sends     pace
	log       atomic.Pointer[zap.Logger]
}

var _ runner.Authenticator = (*Provider)(nil)

// New makes a provider. It fails only on a wrong configuration, with everything
// that is wrong with it: no connection is made before the first caller signs in.
func New(c Config) (*Provider, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	t, err := newTransport(c)
	if err != nil {
		return nil, err
	}
	// With RS256 the SDK would fetch keys here, and the server not start while
	// Auth0 is down. Its check of ID tokens is not used, and with HS256 it refuses
	// every token that we accept, should it ever be.
	auth, err := authentication.New(context.Background(), c.Domain,
		authentication.WithClientID(c.ClientID),
		authentication.WithClientSecret(c.ClientSecret.Reveal()),
		authentication.WithIDTokenSigningAlg("HS256"),
		authentication.WithClient(t.client(c.Timeout)),
		authentication.WithNoRetries())
	if err != nil {
		return nil, err
	}
	p := &Provider{
		config:    c,
		transport: t,
		auth:      auth,
		tokens:    newTokens(c, t),
		keys:      newKeys(c, t),
		lookups:   newGate(c.LookupRate, 5*c.LookupRate, c.Now),
		logins:    newGate(c.LoginRate, c.LoginRate, c.Now),
		starts:    newGate(c.LoginRate, c.LoginRate, c.Now),
		factors:   newGate(c.LoginRate, c.LoginRate, c.Now),
		errands:   newGate(c.LookupRate, 2*c.LookupRate, c.Now),
		downloads: newDownloads(),
	}
	p.log.Store(c.Log)
	return p, nil
}

// LogTo sends warnings about users' profiles to log from now on.
func (p *Provider) LogTo(log *zap.Logger) { p.log.Store(log) }

// Close ends what is under way. The provider must not be used afterwards.
func (p *Provider) Close() error {
	p.tokens.close()
	p.transport.close()
	p.downloads.CloseIdleConnections()
	return nil
}

// Authenticate signs a caller in. Its error is an outage; see the package for what
// counts as signed in.
func (p *Provider) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	in, err := p.signIn(ctx, a)
	if err != nil {
		return engine.SignedIn{Result: engine.SignInUnavailable}, err
	}
	return in, nil
}

func (p *Provider) signIn(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	if !enterable(a.Account) || a.PIN.Len() == 0 {
		return p.nobody(ctx)
	}
	// Before a PIN is sent there is all that will be needed after it.
	if err := p.keys.ready(ctx); err != nil {
		return engine.SignedIn{}, err
	}
	if _, err := p.tokens.access(ctx); err != nil {
		return engine.SignedIn{}, err
	}
	username, expected := a.Account, ""
	if p.config.Lookup == LookupAppMetadata {
		user, ok, err := p.find(ctx, a.Account)
		if err != nil {
			return engine.SignedIn{}, err
		}
		if !ok {
			return p.nobody(ctx)
		}
		username, expected = user.name(), user.id
	}

	began := time.Now()
	result, idToken, err := p.login(ctx, username, a.PIN)
	switch {
	case err != nil:
		return engine.SignedIn{}, err
	case result == engine.SignInDenied:
		p.pace.add(time.Since(began))
	}
	if result == engine.SignInChallenge && idToken != "" {
		return engine.SignedIn{Result: result, Pending: secretJSON(pending{Token: idToken, Account: a.Account, User: expected})}, nil
	}
	if result != engine.SignInAuthenticated {
		return engine.SignedIn{Result: result}, nil
	}

	sub, err := p.verify(ctx, idToken)
	if err != nil {
		return engine.SignedIn{}, err
	}
	if expected != "" && sub != expected {
		return engine.SignedIn{}, fooled("it names another user than the one who was looked up")
	}
	return p.confirm(ctx, a.Account, sub)
}

// nobody denies, after as long as a wrong PIN takes.
func (p *Provider) nobody(ctx context.Context) (engine.SignedIn, error) {
	if err := p.pace.wait(ctx); err != nil {
		return engine.SignedIn{}, lost(doingLogin, &note{}, err)
	}
	return engine.SignedIn{Result: engine.SignInDenied}, nil
}

// find looks for the one user who has an account number; ok is false if there is
// none, or more than one.
func (p *Provider) find(ctx context.Context, account string) (user profile, ok bool, err error) {
	found, err := p.search(ctx, account)
	if err != nil {
		return profile{}, false, err
	}
	log := p.log.Load()
	if len(found) > 1 {
		log.Warn("several users have the same account number: all of them are denied",
			zap.String("user", found[0].id), zap.String("other", found[1].id))
		return profile{}, false, nil
	}
	if len(found) == 0 {
		return profile{}, false, nil
	}
	user = found[0]
	warn := func(message string) { log.Warn(message, zap.String("user", user.id)) }
	switch {
	case user.account != account:
		if _, text := user.account.(string); !text {
			warn("the account number of a user is not text, so the user is denied: put it in quotes in app_metadata")
		}
	case !slices.Contains(user.connections, p.config.Realm):
		warn("a user with an account number is not in the connection " + p.config.Realm + ", and so denied")
	case user.id == "" || user.name() == "":
		warn("a user with an account number has no username, email or telephone number to log in with, and so is denied")
	default:
		return user, true, nil
	}
	return profile{}, false, nil
}

// confirm compares the profile of who logged in with the account entered. The
// profile is read by id: a search may still say what was true some time ago, and
// a username may be another kind of name.
func (p *Provider) confirm(ctx context.Context, account, sub string) (engine.SignedIn, error) {
	user, ok, err := p.read(ctx, sub)
	switch {
	case err != nil:
		return engine.SignedIn{}, err
	case !ok:
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	case user.id != sub:
		return engine.SignedIn{}, &outage{doing: "profile", advice: "Auth0 sent the profile of another user", cause: runner.ErrSetup}
	case !p.owns(user, account):
		p.log.Load().Warn("a user logged in by an account number that is no longer theirs, and is denied", zap.String("user", sub))
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	case user.blocked:
		return engine.SignedIn{Result: engine.SignInLocked}, nil
	}
	if p.config.Lookup == LookupUsername {
		account = user.username
	}
	return engine.SignedIn{
		Result:    engine.SignInAuthenticated,
		Principal: engine.Principal{Account: account, ID: sub, Greeting: user.greeting},
	}, nil
}

// owns tells whether an account number is the user's.
func (p *Provider) owns(user profile, account string) bool {
	if p.config.Lookup == LookupUsername {
		// Auth0 keeps usernames in small letters.
		return strings.EqualFold(user.username, account) && slices.Contains(user.connections, p.config.Realm)
	}
	return user.account == account
}

// maxAccount bounds an account number, in bytes.
const maxAccount = 64

// enterable tells whether text may be an account number: anything that can be
// written in one line. It is usually digits.
func enterable(account string) bool {
	return account != "" && len(account) <= maxAccount && utf8.ValidString(account) &&
		strings.TrimSpace(account) == account && !strings.ContainsFunc(account, unicode.IsControl)
}
