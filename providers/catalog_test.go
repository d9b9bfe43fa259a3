package providers_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers"
	"callflow/providers/telephony"
)

// entries are what every family's table says of its adapters.
func entries() map[string][]providers.Entry[any] {
	all := map[string][]providers.Entry[any]{}
	for _, e := range providers.Telephony() {
		all["telephony"] = append(all["telephony"], anyEntry(e))
	}
	for _, e := range providers.Identity() {
		all["identity"] = append(all["identity"], anyEntry(e))
	}
	for _, e := range providers.Stores() {
		all["stores"] = append(all["stores"], anyEntry(e))
	}
	for _, e := range providers.SMS() {
		all["sms"] = append(all["sms"], anyEntry(e))
	}
	for _, e := range providers.Carriers() {
		all["carriers"] = append(all["carriers"], anyEntry(e))
	}
	return all
}

func anyEntry[T any](e providers.Entry[T]) providers.Entry[any] {
	return providers.Entry[any]{
		Name: e.Name, Doc: e.Doc, Settings: e.Settings, Voice: e.Voice,
		Open: func(s providers.Section) (any, error) { return e.Open(s) },
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	for family, list := range entries() {
		seen := map[string]bool{}
		for _, e := range list {
			if e.Name == "" || e.Name != strings.ToLower(e.Name) || seen[e.Name] {
				t.Errorf("%s: the name %q is taken, or none", family, e.Name)
			}
			seen[e.Name] = true
			if e.Doc == "" || strings.HasSuffix(e.Doc, ".") {
				t.Errorf("%s: %s is not described in a sentence without a full stop: %q", family, e.Name, e.Doc)
			}
			names := map[string]bool{}
			for _, s := range append(e.Settings, e.Voice...) {
				if s.Doc == "" || names[s.Name] && e.Voice == nil {
					t.Errorf("%s: %s: the setting %q is not described, or stands twice", family, e.Name, s.Name)
				}
				names[s.Name] = true
			}
		}
		if len(list) == 0 {
			t.Errorf("%s has no adapter", family)
		}
	}
}

func TestTelephony(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		if _, err := e.Open(providers.Section{}); err == nil {
			t.Errorf("%s opens without a secret", e.Name)
		}
		secret := e.SignedBy()
		if secret == "" {
			t.Errorf("%s has nothing that its webhooks are signed with", e.Name)
		}
		if _, err := e.Open(providers.NewSection(map[string][]string{secret: {"a"}, "unsigned": {"yes"}}, nil)); err == nil {
			t.Errorf("%s opens with a secret and unsigned", e.Name)
		}
		secrets := []string{"new", "old"}
		if secret == "public_key" { // which no other words can be
			secrets = []string{"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="}
		}
		codec, err := e.Open(providers.NewSection(map[string][]string{secret: secrets, "tolerance": {"1m"}, "api_key": {"KEY0123"}}, nil))
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if codec.Name() != e.Name {
			t.Errorf("%s opens %s", e.Name, codec.Name())
		}
		if e.Name != "jambonz" && e.Name != "generic" { // the others' own tests sign as they do
			continue
		}
		// Both secrets count, and the tolerance does.
		now := time.Unix(1_800_000_000, 0)
		for secret, at := range map[string]time.Time{"new": now, "old": now.Add(50 * time.Second)} {
			r := telephony.Request{Header: map[string][]string{}, Body: []byte("{}")}
			r.Header[header(e.Name)] = []string{telephony.Sign(engine.NewSecret(secret), now, r.Body)}
			if err := codec.Verify(r, at); err != nil {
				t.Errorf("%s: signed with the %s secret: %v", e.Name, secret, err)
			}
			if err := codec.Verify(r, now.Add(2*time.Minute)); err == nil {
				t.Errorf("%s: a signature of two minutes ago is taken with a tolerance of one", e.Name)
			}
		}
	}
}

func header(platform string) string {
	if platform == "generic" {
		return "Callflow-Signature"
	}
	return "Jambonz-Signature"
}

func TestVoices(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		if e.Voice == nil {
			continue
		}
		karen := providers.NewSection(map[string][]string{"vendor": {"google"}, "voice": {"en-AU-Standard-A"}, "style": {"2"}}, nil)
		want := "en-AU-Standard-A"
		if e.Name == "vonage" {
			want = `"style":2`
		}
		codec, err := e.Open(providers.NewSection(map[string][]string{"unsigned": {"yes"}, "api_key": {"KEY0123"}}, map[string]providers.Section{"Karen": karen}))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := codec.Encode(telephony.Outbound{Verbs: []engine.Verb{engine.Say{Text: "Hello", Lang: "en-AU", Voice: "Karen"}, engine.Hangup{}}})
		said := string(reply.Body)
		if len(reply.Commands) > 0 {
			said = string(reply.Commands[0].Body)
		}
		if err != nil || !strings.Contains(said, want) {
			t.Errorf("%s (%v)", said, err)
		}
	}
}

func TestIdentityAndStores(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Identity() {
		if _, err := e.Open(providers.NewSection(map[string][]string{"": {"no/such/file"}}, nil)); err == nil {
			t.Errorf("%s opens a file that is not there", e.Name)
		}
	}
	for _, e := range providers.Stores() {
		// What follows the colon in "store:", where a store has a file.
		section := providers.NewSection(map[string][]string{"": {filepath.Join(t.TempDir(), "calls.db")}}, nil)
		store, err := e.Open(section)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Ping(context.Background()); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		if _, err := store.Load(context.Background(), "nobody"); err == nil || !strings.Contains(err.Error(), runner.ErrNotFound.Error()) {
			t.Errorf("%s: %v", e.Name, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}
