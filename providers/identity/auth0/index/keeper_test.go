package index_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/store/memory"
)

// tenant is what users are read from, while a test changes it.
type tenant struct {
	mu       sync.Mutex
	profiles map[string]string
	methods  map[string]string
	fail     error
	broken   map[string]error // of single users
	asked    []string
	asking   func(id string) // while a profile is read
}

// change does something to the tenant.
func (f *tenant) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// all is what it was asked so far.
func (f *tenant) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func (f *tenant) answer(what, id string, from map[string]string) (json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what+" "+id)
	if f.fail != nil {
		return nil, f.fail
	}
	if err := f.broken[id]; err != nil {
		return nil, err
	}
	raw, ok := from[id]
	if !ok {
		return nil, runner.ErrNotFound
	}
	return json.RawMessage(raw), nil
}

func (f *tenant) Profile(_ context.Context, id string) (json.RawMessage, error) {
	if f.asking != nil {
		f.asking(id)
	}
	return f.answer("profile", id, f.profiles)
}

func (f *tenant) Methods(_ context.Context, id string) (json.RawMessage, error) {
	return f.answer("methods", id, f.methods)
}

func profile(id, number, updated string) string {
	return fmt.Sprintf(`{"user_id":%q,"username":"u7","phone_number":%q,"updated_at":%q,"app_metadata":{"account_number":"007"}}`, id, number, updated)
}

// now is years ahead: a bubble's clock begins before all of the profiles here.
func now() time.Time { return time.Now().AddDate(30, 0, 0) }

func keeper(t *testing.T, store *memory.Store, source *tenant) *index.Keeper {
	t.Helper()
	return &index.Keeper{
		Users: store, Source: source, Shape: index.Shape{Region: australia(t)}, Factors: true,
		Every: time.Hour, Now: now, Log: zap.NewNop(),
	}
}

// TestKeeper follows users through what is told of them: late, twice, and after they
// are gone.
func TestKeeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		defer store.Close()
		source := &tenant{
			profiles: map[string]string{"auth0|1": profile("auth0|1", "+61412345678", "2026-10-01T10:00:00Z")},
			methods:  map[string]string{"auth0|1": `{"authenticators":[{"type":"phone","confirmed":true,"phone_number":"+12025550123"},{"type":"phone","confirmed":false,"phone_number":"+12025550199"}],"total":2}`},
		}
		k := keeper(t, store, source)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go k.Run(ctx)
		hear := func(news ...index.News) {
			t.Helper()
			if err := k.Hear(ctx, news...); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		phones := func() []string {
			t.Helper()
			u, err := store.PhoneUser(ctx, "auth0|1")
			if err != nil {
				t.Fatal(err)
			}
			return u.Phones()
		}
		hear(index.News{ID: "auth0|1"}, index.News{ID: "auth0|1"})
		if diff := cmp.Diff([]string{"+12025550123", "+61412345678"}, phones()); diff != "" {
			t.Error(diff)
		}
		if u, _ := store.PhoneUser(ctx, "auth0|1"); u.Account != "007" {
			t.Errorf("the account is %q", u.Account)
		}
		before := len(source.all())

		// The number of a factor is masked: what is known stays, what is new is what the
		// enrolment told.
		source.change(func() {
			source.methods["auth0|1"] = `[{"type":"phone","phone_number":"XXXXXXXX0123"},{"type":"phone","phone_number":"XXXXXXXX7777"},{"type":"phone","phone_number":"XXXXXXXX8888"}]`
		})
		hear(index.News{ID: "auth0|1", Phone: "+12025557777"})
		if diff := cmp.Diff([]string{"+12025550123", "+12025557777", "+61412345678"}, phones()); diff != "" {
			t.Error(diff)
		}
		if asked := source.all()[before:]; !slices.Equal(asked, []string{"profile auth0|1", "methods auth0|1"}) {
			t.Errorf("asked %q", asked)
		}

		delete(source.profiles, "auth0|1")
		hear(index.News{ID: "auth0|1"})
		if len(phones()) != 0 {
			t.Errorf("a user who is gone has %q", phones())
		}
		// A late export knows the user still.
		if n, err := store.PutUsers(ctx, []runner.PhoneUser{{ID: "auth0|1", UpdatedAt: at, Numbers: []runner.PhoneNumber{{Number: "+61412345678"}}}}); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := store.Marked(ctx, "auth0/news"); !errors.Is(err, runner.ErrNotFound) {
			t.Errorf("news that are done are still there: %v", err)
		}

		// While the tenant is down news wait, and a restart forgets none.
		source.change(func() { source.fail = errors.New("down") })
		source.profiles["auth0|1"] = profile("auth0|1", "+61412345678", "2099-10-01T10:00:00Z")
		hear(index.News{ID: "auth0|1"})
		stop()
		synctest.Wait()
		source.change(func() { source.fail = nil })
		ctx, stop = context.WithCancel(t.Context())
		defer stop()
		go keeper(t, store, source).Run(ctx)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(phones()) == 0 {
			t.Error("after a restart the user was not read")
		}
		stop()
		synctest.Wait()
	})
}

// TestNewsWhileReading reads a user again who changed while being read.
func TestNewsWhileReading(t *testing.T) {
	t.Parallel()
	store := memory.New()
	defer store.Close()
	source := &tenant{profiles: map[string]string{"auth0|1": profile("auth0|1", "+61412345678", "2026-10-01T10:00:00Z")}}
	k := keeper(t, store, source)
	k.Factors = false
	told := false
	source.asking = func(string) {
		if !told {
			told = true
			if err := k.Hear(t.Context(), index.News{ID: "auth0|1"}, index.News{ID: "auth0|2"}); err != nil {
				t.Error(err)
			}
		}
	}
	if err := k.Hear(t.Context(), index.News{ID: "auth0|1"}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := k.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"profile auth0|1", "profile auth0|2", "profile auth0|1"}; !slices.Equal(source.all(), want) {
		t.Errorf("asked %q, expected %q", source.all(), want)
	}
	var many []index.News
	for i := range 5001 {
		many = append(many, index.News{ID: fmt.Sprint("auth0|", i)})
	}
	if err := k.Hear(t.Context(), many...); !errors.Is(err, index.ErrBusy) {
		t.Errorf("%v, expected %v", err, index.ErrBusy)
	}
}

// TestRound reads everybody's second factors once an hour, and goes on where it
// stood.
func TestRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		defer store.Close()
		ctx := t.Context()
		source := &tenant{methods: map[string]string{}}
		var users []runner.PhoneUser
		for i := range 250 {
			id := fmt.Sprintf("auth0|%03d", i)
			users = append(users, runner.PhoneUser{ID: id, UpdatedAt: at, Deleted: i%50 == 0})
			source.change(func() {
				source.methods[id] = fmt.Sprintf(`[{"type":"phone","confirmed":true,"phone_number":"+1202555%04d"},{"type":"phone","phone_number":"XXXXXXXX9999"}]`, i)
			})
		}
		if _, err := store.PutUsers(ctx, users); err != nil {
			t.Fatal(err)
		}
		k := keeper(t, store, source)
		for range 100 {
			if idle, err := k.Step(ctx); idle != 0 || err != nil {
				t.Fatal(idle, err)
			}
		}
		broken, stop := context.WithCancel(ctx)
		r, err := keeper(t, store, source).ReadFactors(broken, func(r index.Round) {
			if r.Users == 200 {
				stop()
			}
		})
		if !errors.Is(err, context.Canceled) && err != nil || r.Users < 200 {
			t.Fatalf("%+v, %v", r, err)
		}
		r, err = keeper(t, store, source).ReadFactors(ctx, nil)
		if err != nil || r.Users != 245 || r.Masked != 245 || len(source.all()) != 245 {
			t.Errorf("%+v, %v, %d asked", r, err, len(source.all()))
		}
		found, err := store.UsersByPhone(ctx, "+12025550249", 10)
		if err != nil || len(found) != 1 || !slices.Equal(found[0].Kinds("+12025550249"), []runner.PhoneKind{runner.PhoneMFA}) {
			t.Errorf("%v, %v", found, err)
		}
		if idle, err := k.Step(ctx); idle <= 0 || idle > time.Hour || err != nil {
			t.Errorf("after a round it waits %v, %v", idle, err)
		}
		time.Sleep(time.Hour)
		if idle, err := k.Step(ctx); idle != 0 || err != nil || len(source.all()) != 246 {
			t.Errorf("the next round did not begin: %v, %v", idle, err)
		}
	})
}

func TestParseNews(t *testing.T) {
	t.Parallel()
	event := func(kind, id string) string {
		return fmt.Sprintf(`{"id":"evt_1","source":"urn:auth0","specversion":"1.0","type":%q,"time":"2026-11-01T10:00:00Z","data":{"object":{"user_id":%q,"email":"a@example.com"}},"a0tenant":"t","a0stream":"est_1"}`, kind, id)
	}
	for _, c := range []struct{ body, want string }{
		{`{"user_id":"auth0|1"}`, "auth0|1"},
		{`{"users":[{"user_id":"auth0|1"},{"user_id":"sms|2"},{"user_id":"auth0|1"}]}`, "auth0|1 sms|2"},
		{event("user.created", "auth0|1"), "auth0|1"},
		{event("user.deleted", "samlp|a|b@c"), "samlp|a|b@c"},
		{event("organization.created", ""), ""},
		{"[" + event("user.updated", "auth0|1") + "," + event("user.deleted", "auth0|1") + "]", "auth0|1"},
		{"[]", ""},
		{`{}`, "error: it names no user"},
		{`{"user_id":"nobody"}`, "error: it names no user"},
		{`{"user_id":"auth0|a\nb"}`, "error: it names no user"},
		{event("user.created", ""), "error: it names no user"},
		{`{"user_id":"auth0|` + strings.Repeat("x", 300) + `"}`, "error: it names no user"},
		{`user_id=auth0|1`, "error: it is neither"},
		{``, "error: it is neither"},
	} {
		news, err := index.ParseNews([]byte(c.body))
		var ids []string
		for _, n := range news {
			ids = append(ids, n.ID)
		}
		got := strings.Join(ids, " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: got %q, expected %q", c.body, got, c.want)
		}
	}
	var many []string
	for i := range index.MostNews + 1 {
		many = append(many, fmt.Sprintf(`{"user_id":"a|%d"}`, i))
	}
	if _, err := index.ParseNews([]byte("[" + strings.Join(many, ",") + "]")); err == nil {
		t.Error("too many users are taken")
	}
}

func FuzzParseNews(f *testing.F) {
	f.Add([]byte(`{"user_id":"auth0|1"}`))
	f.Add([]byte(`[{"type":"user.deleted","data":{"object":{"user_id":"a|b"}}},{"users":[{"user_id":17}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		news, err := index.ParseNews(body)
		if len(news) > index.MostNews || err != nil && news != nil {
			t.Fatalf("%d news, %v", len(news), err)
		}
		for _, n := range news {
			if !index.IsUserID(n.ID) || n.Phone != "" {
				t.Fatalf("%+v", n)
			}
		}
	})
}
