package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/store/memory"
)

var errBroken = errors.New("auth0: authentication methods: 500: Auth0 is in trouble")

// full is an index of so many users, whose second factors the tenant knows.
func full(t *testing.T, n int) (*memory.Store, *tenant) {
	t.Helper()
	store := memory.New()
	source := &tenant{profiles: map[string]string{}, methods: map[string]string{}, broken: map[string]error{}}
	var users []runner.PhoneUser
	for i := range n {
		id := fmt.Sprintf("auth0|%03d", i)
		users = append(users, runner.PhoneUser{ID: id, UpdatedAt: at})
		source.profiles[id] = profile(id, fmt.Sprintf("+61412345%03d", i), "2026-12-01T10:00:00Z")
		source.change(func() {
			source.methods[id] = fmt.Sprintf(`[{"type":"phone","confirmed":true,"phone_number":"+1202555%04d"}]`, i)
		})
	}
	if _, err := store.PutUsers(t.Context(), users); err != nil {
		t.Fatal(err)
	}
	return store, source
}

// readUsers are the users whose second factors are in the index.
func readUsers(t *testing.T, store *memory.Store) (n int) {
	t.Helper()
	users, err := store.PhoneUsers(context.Background(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if len(u.Factors) > 0 {
			n++
		}
	}
	return n
}

// TestRoundGoesRound passes over users who cannot be read, several in a row too, and
// comes back to them, each time later.
func TestRoundGoesRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, source := full(t, 20)
		defer store.Close()
		bad := []string{"auth0|000", "auth0|007", "auth0|008", "auth0|009", "auth0|010", "auth0|011", "auth0|019"}
		for _, id := range bad {
			source.change(func() { source.broken[id] = errBroken })
		}
		core, log := observer.New(zap.DebugLevel)
		k := keeper(t, store, source)
		k.Every, k.Log = 365*24*time.Hour, zap.New(core)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go k.Run(ctx)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n := readUsers(t, store); n != 13 {
			t.Errorf("%d users were read, expected 13", n)
		}
		r, err := k.Round(ctx)
		if err != nil || !r.Done || len(r.Later) != len(bad) || r.Users != 13 {
			t.Errorf("%+v, %v", r, err)
		}
		asked := func() int { return strings.Count(strings.Join(source.all(), ","), "methods auth0|007") }
		before := asked()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := asked() - before; n < 10 || n > 40 {
			t.Errorf("in a day it was tried %d times", n)
		}
		source.change(func() { clear(source.broken) })
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if r, err = k.Round(ctx); err != nil || len(r.Later) != 0 || r.Users != 20 || readUsers(t, store) != 20 {
			t.Errorf("after the tenant mended them: %+v, %v", r, err)
		}
		stop()
		synctest.Wait()
		if log.FilterMessageSnippet("tried again later").Len() == 0 {
			t.Error("nobody is told")
		}
	})
}

// A user who is never read is given up in the end, until the next round.
func TestRoundGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, source := full(t, 3)
		defer store.Close()
		source.change(func() { source.broken["auth0|001"] = errBroken })
		k := keeper(t, store, source)
		k.Every = 7 * 24 * time.Hour
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go k.Run(ctx)
		// Others are read meanwhile: else it were an outage.
		for range 6 * 24 * 6 {
			if err := k.Hear(ctx, index.News{ID: "auth0|002"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
		}
		r, err := k.Round(ctx)
		if err != nil || len(r.Later) != 0 || r.Left != 1 || !r.Done {
			t.Errorf("%+v, %v", r, err)
		}
		asked := len(source.all())
		time.Sleep(36 * time.Hour)
		if r, err = k.Round(ctx); err != nil || r.Left != 0 || len(r.Later) != 1 || len(source.all()) == asked {
			t.Errorf("the next round: %+v, %v", r, err)
		}
		stop()
		synctest.Wait()
	})
}

// TestNewsGoRound follows news of others while one user cannot be read, and the round
// goes on as well.
func TestNewsGoRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, source := full(t, 5)
		defer store.Close()
		source.change(func() { source.broken["auth0|001"] = errBroken })
		k := keeper(t, store, source)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if err := k.Hear(ctx, index.News{ID: "auth0|001"}, index.News{ID: "auth0|002"}); err != nil {
			t.Fatal(err)
		}
		go k.Run(ctx)
		time.Sleep(time.Second / 2)
		synctest.Wait()
		u, err := store.PhoneUser(ctx, "auth0|002")
		if err != nil || len(u.Phones()) != 2 || readUsers(t, store) != 4 {
			t.Errorf("%+v, %v; %d users were read", u, err, readUsers(t, store))
		}
		// It is saved, and neither forgotten nor tried all the time.
		time.Sleep(time.Hour)
		stop()
		synctest.Wait()
		asked := strings.Count(strings.Join(source.all(), ","), "profile auth0|001")
		if asked < 5 || asked > 100 {
			t.Errorf("it was tried %d times in an hour", asked)
		}
		source.change(func() { delete(source.broken, "auth0|001") })
		ctx, stop = context.WithCancel(t.Context())
		defer stop()
		go keeper(t, store, source).Run(ctx)
		time.Sleep(time.Hour)
		synctest.Wait()
		if u, err := store.PhoneUser(ctx, "auth0|001"); err != nil || len(u.Phones()) != 2 {
			t.Errorf("after a restart: %+v, %v", u, err)
		}
		if _, err := store.Marked(ctx, "auth0/news"); !errors.Is(err, runner.ErrNotFound) {
			t.Errorf("news that are done are still there: %v", err)
		}
		stop()
		synctest.Wait()
	})
}

// An outage of everything is nobody's fault: no user is passed over for long, and what
// says nothing of users passes over none.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{
		"trouble":     errBroken,
		"left alone":  fmt.Errorf("429: %w", runner.ErrLater),
		"no scope":    fmt.Errorf("403: %w", runner.ErrSetup),
		"credentials": fmt.Errorf("401: %w", runner.ErrCredentials),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, source := full(t, 100)
				defer store.Close()
				source.change(func() { source.fail = fail })
				k := keeper(t, store, source)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go k.Run(ctx)
				time.Sleep(30 * time.Minute)
				if n := len(source.all()); n > 60 {
					t.Errorf("the tenant was asked %d times while it was down", n)
				}
				r, err := k.Round(ctx)
				if err != nil || name != "trouble" && (len(r.Later) > 0 || r.After != "") {
					t.Errorf("%+v, %v", r, err)
				}
				source.change(func() { source.fail = nil })
				time.Sleep(45 * time.Minute)
				if n := readUsers(t, store); n != 100 {
					t.Errorf("%d users were read afterwards", n)
				}
				stop()
				synctest.Wait()
			})
		})
	}
}

// TestReadFactorsGoesOn names whom it could not read, and reads only them the next
// time.
func TestReadFactorsGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, source := full(t, 10)
		defer store.Close()
		source.change(func() { source.broken["auth0|003"], source.broken["auth0|004"] = errBroken, errBroken })
		r, err := keeper(t, store, source).ReadFactors(t.Context(), nil)
		var ids []string
		for _, l := range r.Later {
			ids = append(ids, l.ID)
		}
		slices.Sort(ids)
		if d := cmp.Diff([]string{"auth0|003", "auth0|004"}, ids); d != "" || err != nil || r.Users != 8 || !r.Done {
			t.Errorf("%+v, %v\n%s", r, err, d)
		}
		source.change(func() { clear(source.broken) })
		source.change(func() { source.asked = nil })
		r, err = keeper(t, store, source).ReadFactors(t.Context(), nil)
		if err != nil || len(r.Later) != 0 || r.Users != 10 || len(source.all()) != 2 {
			t.Errorf("%+v, %v, asked %q", r, err, source.all())
		}
		source.change(func() { source.fail = errBroken })
		time.Sleep(time.Hour)
		if r, err = keeper(t, store, source).ReadFactors(t.Context(), nil); !errors.Is(err, errBroken) || r.Users != 0 {
			t.Errorf("while everything is down: %+v, %v", r, err)
		}
	})
}
