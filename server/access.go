package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// Token is what somebody, or a program, uses the API with. Only its hash is known
// here: whoever reads the configuration cannot use it.
type Token struct {
	// Name says whose it is, for the log.
	Name string
	// Hash is the SHA-256 of the token. A token is random and long, so that nothing
	// slower is needed.
	Hash  [sha256.Size]byte
	Roles []string
}

// RoleAgent may look numbers up.
const RoleAgent = "agent"

// RoleMonitor may read the metrics.
const RoleMonitor = "monitor"

// RoleDialler may have calls made.
const RoleDialler = "dialler"

// Roles are all there are.
var Roles = []string{RoleAgent, RoleMonitor, RoleDialler}

// ParseTokenHash reads a token's hash, as "callflow config new-token" prints it.
func ParseTokenHash(text string) (hash [sha256.Size]byte, err error) {
	if n, err := hex.Decode(hash[:], []byte(text)); err != nil || n != len(hash) || len(text) != 2*len(hash) {
		return hash, fmt.Errorf("found %d characters, expected the 64 of a SHA-256 in hexadecimal", len(text))
	}
	return hash, nil
}

// How often one token may ask: a person who clicks, and a program that pops up who
// is calling.
const (
	askedPerSecond = 5
	askedAtOnce    = 20
)

// access tells who may use the API.
type access struct {
	tokens []Token
	// open lets anybody in: on a loopback address without tokens.
	open  bool
	mu    sync.Mutex
	paces map[string]*rate.Limiter
}

func newAccess(tokens []Token, open bool) *access {
	return &access{tokens: tokens, open: open && len(tokens) == 0, paces: map[string]*rate.Limiter{}}
}

// admit finds out whose request it is. status is 200, 401, 403 or 429.
func (a *access) admit(r *http.Request, role string) (name string, status int) {
	if a.open {
		// A page in somebody's browser can call itself by a name that leads to this
		// machine, but not by the machine's own.
		if !isLoopback(r.Host) {
			return "", http.StatusUnauthorized
		}
		name = "nobody"
	} else {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", http.StatusUnauthorized
		}
		hash := sha256.Sum256([]byte(strings.TrimSpace(secret)))
		found := -1
		for i := range a.tokens { // all of them, so that it takes as long for each
			if subtle.ConstantTimeCompare(hash[:], a.tokens[i].Hash[:]) == 1 {
				found = i
			}
		}
		if found < 0 {
			return "", http.StatusUnauthorized
		}
		name = a.tokens[found].Name
		if !slices.Contains(a.tokens[found].Roles, role) {
			return name, http.StatusForbidden
		}
	}
	if !a.pace(name).Allow() {
		return name, http.StatusTooManyRequests
	}
	return name, http.StatusOK
}

// oversees tells whether somebody who was admitted sees what others have ordered: a
// monitor does, and everybody where there are no tokens.
func (a *access) oversees(name string) bool {
	return a.open || slices.ContainsFunc(a.tokens, func(t Token) bool { return t.Name == name && slices.Contains(t.Roles, RoleMonitor) })
}

// pace is the limiter of a token. There are as many as tokens.
func (a *access) pace(name string) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.paces[name]
	if l == nil {
		l = rate.NewLimiter(askedPerSecond, askedAtOnce)
		a.paces[name] = l
	}
	return l
}

// isLoopback tells whether a Host header means this machine alone.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
