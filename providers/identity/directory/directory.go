package directory

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"callflow/engine"
	"callflow/engine/runner"
)

// Directory is a set of users. It never changes, and is safe for concurrent use.
type Directory struct {
	users     []User
	byAccount map[string]int
	// decoys are the cost of each user's hash, in the order of users. An unknown
	// account is made to cost what one of them does: always the same one, so that
	// asking twice tells nothing either.
	decoys []phc
	seed   maphash.Seed
	// hashing bounds how many PINs are hashed at once: each takes memory.
	hashing chan struct{}
}

var _ runner.Authenticator = (*Directory)(nil)

// User is an entry of the file.
type User struct {
	Account  string // as written: 007 is three characters
	ID       string // "directory|" and the account, where the file gives none
	Name     string
	Greeting string   // the name, where the file gives none
	Phones   []string // E.164: "+61255500123"
	Locked   bool
	// Factor asks for a code besides the PIN. It goes to the first of Phones.
	Factor bool

	pin phc
}

// Open reads a file of users. If something is wrong with what it says, the error
// is Problems.
func Open(path string) (*Directory, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("users file: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("users file: %w", err)
	}
	return Parse(path, src)
}

// Parse reads users from src. file is the name that problems carry. The error,
// if there is one, is Problems.
func Parse(file string, src []byte) (*Directory, error) {
	users, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	d := &Directory{
		users:     users,
		byAccount: make(map[string]int, len(users)),
		decoys:    []phc{standard},
		seed:      maphash.MakeSeed(),
		hashing:   make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	if len(users) > 0 {
		d.decoys = make([]phc, len(users))
	}
	for i, u := range users {
		d.byAccount[u.Account] = i
		d.decoys[i] = u.pin.decoy()
	}
	return d, nil
}

// Users returns the users, in the order of the file.
func (d *Directory) Users() []User {
	users := slices.Clone(d.users)
	for i := range users {
		users[i].Phones = slices.Clone(users[i].Phones)
	}
	return users
}

// Authenticate signs a caller in. It fails only when its context ends before
// its turn to hash has come.
func (d *Directory) Authenticate(ctx context.Context, a engine.Authenticate) (engine.SignedIn, error) {
	if err := ctx.Err(); err != nil {
		return engine.SignedIn{Result: engine.SignInUnavailable}, err
	}
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return engine.SignedIn{Result: engine.SignInUnavailable}, ctx.Err()
	}

	i, known := d.byAccount[a.Account]
	if !known {
		n := maphash.String(d.seed, a.Account) % uint64(len(d.decoys))
		d.decoys[n].verify(a.PIN)
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	u := &d.users[i]
	if !u.pin.verify(a.PIN) {
		return engine.SignedIn{Result: engine.SignInDenied}, nil
	}
	if u.Locked {
		return engine.SignedIn{Result: engine.SignInLocked}, nil
	}
	if u.Factor {
		return engine.SignedIn{Result: engine.SignInChallenge, Pending: engine.NewSecret(pendingUser + u.Account)}, nil
	}
	return engine.SignedIn{Result: engine.SignInAuthenticated, Principal: u.Principal()}, nil
}

// pendingUser begins what a sign-in leaves behind that a code must complete.
const pendingUser = "user|"

// Principal is who a sign-in proves.
func (u *User) Principal() engine.Principal {
	return engine.Principal{Account: u.Account, ID: u.ID, Greeting: u.Greeting}
}

// pending is the user whose sign-in a code must complete; nil: nobody's.
func (d *Directory) pending(p engine.Secret) *User {
	account, ok := strings.CutPrefix(p.Reveal(), pendingUser)
	if !ok {
		return nil
	}
	i, known := d.byAccount[account]
	if !known || !d.users[i].Factor {
		return nil
	}
	return &d.users[i]
}
