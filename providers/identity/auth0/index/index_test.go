package index_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callflow/engine/runner"
	"callflow/providers/identity/auth0/index"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
)

var at = time.Date(2026, time.November, 1, 9, 0, 0, 0, time.UTC)

func australia(t testing.TB) phone.Region {
	t.Helper()
	r, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read reads a whole export.
func read(t testing.TB, src []byte) (users []runner.PhoneUser, problems []string, err error) {
	t.Helper()
	r, err := index.NewReader(bytes.NewReader(src), australia(t), at)
	if err != nil {
		return nil, nil, err
	}
	for {
		u, err := r.Next()
		var bad *index.Problem
		switch {
		case errors.Is(err, io.EOF):
			return users, problems, nil
		case errors.As(err, &bad):
			problems = append(problems, bad.Error())
		case err != nil:
			return users, problems, err
		default:
			users = append(users, u)
		}
	}
}

const exported = `{"user_id":"sms|1","phone_number":"+61412345678","identities":[{"provider":"sms","connection":"sms","user_id":"1"}],"updated_at":"2026-10-01T10:00:00.000Z","name":"+61412345678"}
{"user_id":"auth0|2","phone_number":"0412 345 678","account_number":"007","name":"Maria","identities":[{"provider":"auth0","connection":"Users"}]}

{"user_id":"auth0|3","app_metadata":{"account_number":42},"identities":[{"provider":"auth0"},{"provider":"sms","profileData":{"phone_number":"+12025550123"}}]}
{"user_id":"auth0|4","phone_number":"none","name":17}
not json
{"phone_number":"+61412345678"}
{"user_id":"auth0|5"`

func TestJSON(t *testing.T) {
	t.Parallel()
	users, problems, err := read(t, []byte(exported))
	if err != nil {
		t.Fatal(err)
	}
	want := []runner.PhoneUser{
		{ID: "sms|1", Name: "+61412345678", Numbers: []runner.PhoneNumber{{Number: "+61412345678", Kind: runner.PhonePasswordless}}, UpdatedAt: time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)},
		{ID: "auth0|2", Account: "007", Name: "Maria", Numbers: []runner.PhoneNumber{{Number: "+61412345678", Kind: runner.PhoneIdentifier}}, UpdatedAt: at},
		{ID: "auth0|3", Account: "42", Numbers: []runner.PhoneNumber{{Number: "+12025550123", Kind: runner.PhonePasswordless}}, UpdatedAt: at},
		{ID: "auth0|4", Name: "17", UpdatedAt: at},
	}
	if diff := cmp.Diff(want, users); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"line 6: it is not a user as JSON", "line 7: it has no user_id", "line 8: it is not a user as JSON"}, problems); diff != "" {
		t.Error(diff)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, exported)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	users, problems, err := read(t, zipped.Bytes())
	if err != nil || len(users) != 4 || len(problems) != 3 {
		t.Errorf("%d users, %q, %v", len(users), problems, err)
	}
	if _, _, err := read(t, zipped.Bytes()[:zipped.Len()/2]); err == nil || !strings.Contains(err.Error(), "fetch it again") {
		t.Errorf("half of a file was taken for a whole one: %v", err)
	}
}

// TestCSV reads what Auth0 writes: a single quote before every string.
func TestCSV(t *testing.T) {
	t.Parallel()
	users, problems, err := read(t, []byte("user_id,phone_number,account_number,name,\"identities[0].provider\",updated_at\n"+
		"'sms|1,'+61412345678,,\"'Ana, the \"\"first\"\"\",'sms,'2026-10-01T10:00:00.000Z\n"+
		"'auth0|2,'+12025550123,'007,'=1+1,'auth0,\n"+
		",'+1,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []runner.PhoneUser{
		{ID: "sms|1", Name: `Ana, the "first"`, Numbers: []runner.PhoneNumber{{Number: "+61412345678", Kind: runner.PhonePasswordless}}, UpdatedAt: time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)},
		{ID: "auth0|2", Account: "007", Name: "=1+1", Numbers: []runner.PhoneNumber{{Number: "+12025550123", Kind: runner.PhoneIdentifier}}, UpdatedAt: at},
	}
	if diff := cmp.Diff(want, users); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "line 4:") {
		t.Errorf("problems: %q", problems)
	}
}

// TestBrokenCSV: a row that is broken costs itself, and none of those behind it.
func TestBrokenCSV(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3<<20)
	users, problems, err := read(t, []byte("user_id,name\r\n"+
		"'a,\"'two\r\nlines, \"\"quoted\"\"\"\r\n"+ // 2
		"'b,5\" wide\r\n"+
		"'c\r\n"+ // 5
		"\r\n"+
		"'d,\"'never closed\r\n"+ // 7
		"'e,'plain\r\n"+
		"'f,'"+long+"\r\n"+ // 9
		"'g,'h,'i\r\n"+
		"'j,\"'"+long+"\r\n"+ // 11
		"\"'k\",\"'last\""))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range users {
		got = append(got, u.ID+"="+u.Name)
	}
	if want := []string{"a=two\nlines, \"quoted\"", "b=5\" wide", "e=plain", "k=last"}; !slices.Equal(got, want) {
		t.Errorf("users %q, expected %q", got, want)
	}
	want := []string{
		"line 5: it has 1 columns, the first line names 2", "line 7: it is not a row of CSV", "line 9: it is longer than 2097152 bytes",
		"line 10: it has 3 columns, the first line names 2", "line 11: it is longer than 2097152 bytes",
	}
	if !slices.Equal(problems, want) {
		t.Errorf("problems %q, expected %q", problems, want)
	}
}

// FuzzCSV: whatever is read is read to its end, and every line of one row at most.
func FuzzCSV(f *testing.F) {
	f.Add("'a,\"'two\nlines\"\n'b,\"'open\n'c,'d\n")
	f.Fuzz(func(t *testing.T, body string) {
		users, problems, err := read(t, []byte("user_id,name\n"+body))
		if err != nil || len(users)+len(problems) > strings.Count(body, "\n")+1 {
			t.Errorf("%d users, %d problems, %v", len(users), len(problems), err)
		}
	})
}

func TestNoExport(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"[{}]": "one user a line", "a,b\n1,2": `a column "user_id"`, "\x1f\x8bnonsense": "begins as gzip does",
	} {
		if _, _, err := read(t, []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, expected %q", src, err, want)
		}
	}
	if users, _, err := read(t, nil); len(users) != 0 || err != nil {
		t.Errorf("nothing gave %v, %v", users, err)
	}
	// A line without an end is skipped, and the next is read.
	users, problems, err := read(t, []byte(`{"user_id":"a","name":"`+strings.Repeat("x", 3<<20)+"\"}\n"+`{"user_id":"b"}`))
	if err != nil || len(users) != 1 || users[0].ID != "b" || len(problems) != 1 {
		t.Errorf("%d users, %q, %v", len(users), problems, err)
	}
}

// many is an export of n users, each with a number of two.
func many(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"user_id":"auth0|%08d","phone_number":"+1202555%04d","account_number":"%d","name":"User %d","identities":[{"provider":"auth0"}]}`+"\n", i, i%10_000, i, i)
	}
	return b.Bytes()
}

func TestImport(t *testing.T) {
	t.Parallel()
	store := memory.New()
	defer store.Close()
	ctx := t.Context()
	src := many(5000)
	run := func(src []byte, at time.Time, full bool) index.Progress {
		t.Helper()
		r, err := index.NewReader(bytes.NewReader(src), australia(t), at)
		if err != nil {
			t.Fatal(err)
		}
		p, err := index.Job{Phones: store, Name: "x", Full: full, At: at}.Run(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := run(src, at, true); p.Users != 5000 || p.Changed != 5000 || p.Removed != 0 {
		t.Errorf("%+v", p)
	}
	// A later full export without most of them repairs the rest.
	if p := run(many(10), at.Add(time.Hour), true); p.Users != 10 || p.Changed != 10 || p.Removed != 4990 {
		t.Errorf("%+v", p)
	}
	users, err := store.UsersByPhone(ctx, "+12025550007", 10)
	if err != nil || len(users) != 1 || users[0].ID != "auth0|00000007" {
		t.Errorf("%v, %v", users, err)
	}
	// And an older one, imported late, brings nobody back.
	if p := run(src, at, false); p.Changed != 0 {
		t.Errorf("%+v", p)
	}
	if _, err := store.Marked(ctx, "import/x"); !errors.Is(err, runner.ErrNotFound) {
		t.Errorf("a finished import left its mark: %v", err)
	}
}

// failing fails after some batches.
type failing struct {
	index.Store
	left int
}

func (f *failing) PutUsers(ctx context.Context, users []runner.PhoneUser) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("the disk is full")
	}
	return f.Store.PutUsers(ctx, users)
}

// TestResume breaks an import off and goes on with it.
func TestResume(t *testing.T) {
	t.Parallel()
	store := memory.New()
	defer store.Close()
	src := many(9000)
	broken := &failing{store, 2}
	open := func() *index.Reader {
		r, err := index.NewReader(bytes.NewReader(src), australia(t), at)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if _, err := (index.Job{Phones: broken, Name: "x", Full: true, At: at}).Run(t.Context(), open()); err == nil {
		t.Fatal("a full disk went unnoticed")
	}
	broken.left = 100
	p, err := index.Job{Phones: broken, Name: "x", Full: true, At: at}.Run(t.Context(), open())
	if err != nil || p.Users != 9000 || p.Changed != 9000 || p.Removed != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if used := 100 - broken.left; used != 3 {
		t.Errorf("the second time %d batches were saved, expected the 3 that were missing", used)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(exported))
	f.Add([]byte("user_id,phone_number\n'a,'+1202\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte(`{"user_id":"a","identities":[{"provider":"sms","profileData":17}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := index.NewReader(bytes.NewReader(src), australia(t), at)
		if err != nil {
			return
		}
		for range 10_000 {
			u, err := r.Next()
			var bad *index.Problem
			switch {
			case err == nil:
				if u.ID == "" || u.UpdatedAt.IsZero() {
					t.Fatalf("a user without an id or an instant: %+v", u)
				}
			case !errors.As(err, &bad):
				return
			}
		}
	})
}

// BenchmarkRead reads an export, and imports it into the memory store.
func BenchmarkImport(b *testing.B) {
	src := many(100_000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		store := memory.New()
		r, err := index.NewReader(bytes.NewReader(src), australia(b), at)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (index.Job{Phones: store, Full: true, At: at}).Run(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/user")
}
