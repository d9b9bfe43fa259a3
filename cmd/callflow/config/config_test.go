package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callflow/cmd/callflow/config"
	"callflow/flows"
	"callflow/providers"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func catalog() config.Catalog {
	return config.Catalog{
		Telephony: providers.Telephony(), Identity: providers.Identity(), Stores: providers.Stores(),
		SMS: providers.SMS(), Carriers: providers.Carriers(), Callers: providers.Callers(),
	}
}

const sealKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee00"

func environment() []string {
	return []string{
		"AUTH0_DOMAIN=bank.eu.auth0.com", "AUTH0_CLIENT_ID=the-client", "AUTH0_CLIENT_SECRET=s3cret-of-auth0",
		"JAMBONZ_SECRET=s3cret-of-jambonz", "NEW_SECRET=s3cret-new", "BANK_TOKEN=s3cret-token", "BANK_HOST=bank.example.com",
		"VENDOR=aws", "GATEWAY_SECRET=s3cret-of-the-gateway", "STREAM_TOKEN=s3cret-of-the-stream", "VENDOR_SECRET=s3cret-of-the-vendor",
		"TWILIO_TOKEN=s3cret", "VONAGE_SECRET=s3cret", "CALLFLOW_NEWS_SECRET=s3cret-of-the-actions", "AUTH0_CLIENT_SECRET=s3cret-of-auth0", "LOG_STREAM_TOKEN=s3cret-of-the-log-stream", "CALLFLOW_SEAL_KEY=" + sealKey,
	}
}

func load(content string) (*config.Config, flows.Diagnostics) {
	return config.Load(config.Source{
		File: "etc/callflow.yaml", Content: []byte(content), Env: environment(), Catalog: catalog(),
	})
}

func render(t *testing.T, c *config.Config, ds flows.Diagnostics) string {
	t.Helper()
	var b bytes.Buffer
	if err := ds.Render(&b, map[string][]byte{"etc/callflow.yaml": c.Masked}, flows.RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (- expected, + found; -update rewrites it):\n%s", file, d)
	}
}

// secrets are what must not be seen of the files in testdata, whatever is wrong
// with them.
func secrets() []string {
	return []string{
		"s3cret", sealKey, "literal-old-secret", "a-secret", "not-to-be-shown", "secret-typed-here", "user:password", "hunter2",
		"00112233445566778899aabbccddeeff",
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, ds := load(string(src))
			shown := render(t, c, ds)
			wrong := strings.Contains(file, "/err/")
			if wrong && len(ds) == 0 {
				t.Error("nothing was found wrong")
			}
			if !wrong {
				if len(ds) > 0 {
					t.Errorf("something was found wrong:\n%s", shown)
				}
				var b bytes.Buffer
				if err := c.Show(&b); err != nil {
					t.Fatal(err)
				}
				shown = b.String()
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".out", shown)
			for _, s := range secrets() {
				if strings.Contains(shown, s) {
					t.Errorf("%q is shown", s)
				}
			}
		})
	}
}

func TestWhatTheDesignShows(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/ok/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, ds := load(string(src))
	if len(ds) > 0 {
		t.Fatal(render(t, c, ds))
	}
	var numbers []string
	for _, n := range c.Numbers {
		numbers = append(numbers, n.Number+" "+n.Flow.Text()+" "+n.Language.Text())
	}
	if want := []string{"+61255500100 authzero ", "+61255500101 herd es"}; !slices.Equal(numbers, want) {
		t.Errorf("numbers %q, expected %q", numbers, want)
	}
	if c.Flows[0].Text != "etc/authzero/flow.yaml" || c.Words["de"] != "etc/words/de.yaml" {
		t.Errorf("paths are not relative to the file: %v, %v", c.Flows, c.Words)
	}
	if c.PublicURL != "https://ivr.example.com" || c.Listen != "127.0.0.1:8080" || !c.OnLoopback() || c.Drain != 25*time.Second {
		t.Errorf("server: %+v", c)
	}
	if len(c.SealKeys) != 1 || len(c.SealKeys[0].Secret) != 32 || c.SealKeys[0].ID == "" {
		t.Error("the seal key was not read")
	}
	var platforms []string
	for _, p := range c.Platforms {
		var revealed []string
		for _, s := range p.Section.Secrets("secret") {
			revealed = append(revealed, s.Reveal())
		}
		platforms = append(platforms, fmt.Sprintln(p.Name, revealed, p.Section.Duration("tolerance"), p.Section.Bool("unsigned")))
	}
	want := []string{"jambonz [s3cret-of-jambonz] 5m0s false\n", "generic [s3cret-new literal-old-secret] 1m0s false\n"}
	if !slices.Equal(platforms, want) {
		t.Errorf("platforms %q, expected %q", platforms, want)
	}
	voices := c.Platforms[0].Section.Voices()
	if v := voices["Frau Müller"]; v.Text("vendor") != "aws" || voices["Karen"].Text("voice") != "en-AU-Standard-A" {
		t.Errorf("voices: %v", voices)
	}
	if c.Identity == nil || c.Identity.Name != "directory" || c.Identity.Section.Text("") != "etc/users.yaml" {
		t.Errorf("identity: %+v", c.Identity)
	}
	bank, herd := c.Services[0], c.Services[1]
	if bank.URL.String() != "https://bank.example.com/v1" || bank.Timeout != 3*time.Second || !bank.Idempotent || bank.Private {
		t.Errorf("bank: %+v", bank)
	}
	if len(bank.Headers) != 2 || bank.Headers[0].Value.Reveal() != "Bearer s3cret-token" || bank.Headers[1].Value.Reveal() != "${5}" {
		t.Errorf("bank's headers: %v", bank.Headers)
	}
	if herd.Idempotent || !herd.Private || herd.Timeout != 3*time.Second {
		t.Errorf("herd: %+v", herd)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	listen := func(content string, env []string, flags map[string]string) (string, string) {
		c, ds := config.Load(config.Source{File: "callflow.yaml", Content: []byte(content), Env: env, Flags: flags, Catalog: catalog()})
		for _, v := range c.Values {
			if v.Name == "server.listen" {
				return v.Text(), v.Origin.String()
			}
		}
		t.Fatal(ds)
		return "", ""
	}
	const file = "server:\n  listen: 127.0.0.1:1"
	env := []string{"CALLFLOW_SERVER_LISTEN=127.0.0.1:2"}
	flags := map[string]string{"server.listen": "127.0.0.1:3"}
	for _, c := range []struct {
		content      string
		env          []string
		flags        map[string]string
		text, origin string
	}{
		{"", nil, nil, "127.0.0.1:8080", "default"},
		{file, nil, nil, "127.0.0.1:1", "callflow.yaml:2"},
		{file, env, nil, "127.0.0.1:2", "CALLFLOW_SERVER_LISTEN"},
		{file, env, flags, "127.0.0.1:3", "--server-listen"},
		{file, nil, flags, "127.0.0.1:3", "--server-listen"},
		{"", env, nil, "127.0.0.1:2", "CALLFLOW_SERVER_LISTEN"},
	} {
		if text, origin := listen(c.content, c.env, c.flags); text != c.text || origin != c.origin {
			t.Errorf("%q, %q, %v: %s from %s, expected %s from %s", c.content, c.env, c.flags, text, origin, c.text, c.origin)
		}
	}
}

// Everything with a fixed name can be said in the environment, and all but
// secrets as a flag.
func TestEverySettingHasOneName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range config.Settings(catalog()) {
		if s.Doc == "" {
			t.Errorf("%s is not documented", s.Name)
		}
		if strings.Contains(s.Name, "*") {
			if config.EnvName(s) != "" || config.FlagName(s) != "" {
				t.Errorf("%s has a name outside the file", s.Name)
			}
			continue
		}
		env, name := config.EnvName(s), config.FlagName(s)
		secret := s.Kind == providers.Secret || s.Kind == providers.Secrets
		if env == "" || secret != (name == "") || seen[env] || name != "" && seen[name] {
			t.Errorf("%s is called %q and %q", s.Name, env, name)
		}
		seen[env], seen[name] = true, true
	}
	for name, want := range map[string][2]string{
		"store": {"CALLFLOW_STORE", "store"}, "server.listen": {"CALLFLOW_SERVER_LISTEN", "server-listen"},
		"server.public_url": {"CALLFLOW_SERVER_PUBLIC_URL", "server-public-url"},
	} {
		s := providers.Setting{Name: name}
		if got := [2]string{config.EnvName(s), config.FlagName(s)}; got != want {
			t.Errorf("%s is called %q, expected %q", name, got, want)
		}
	}
}

// Without a file, environment and flags are enough.
func TestWithoutAFile(t *testing.T) {
	t.Parallel()
	c, ds := config.Load(config.Source{
		Env: []string{
			"CALLFLOW_FLOWS=a.yaml, b.yaml", "CALLFLOW_PLATFORMS_JAMBONZ_SECRET=new old", "CALLFLOW_IDENTITY_DIRECTORY=users.yaml",
			"CALLFLOW_SEAL_KEY=" + sealKey,
		},
		Flags:   map[string]string{"platforms.generic.unsigned": "yes"},
		Catalog: catalog(),
	})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if len(c.Flows) != 2 || c.Flows[1].Text != "b.yaml" || len(c.Platforms) != 2 || len(c.Platforms[0].Section.Secrets("secret")) != 2 ||
		!c.Platforms[1].Section.Bool("unsigned") || c.Identity == nil || c.Identity.Section.Text("") != "users.yaml" {
		t.Errorf("%+v", c)
	}
}

// Users found beside a flow give way to a provider that somebody names; two that
// are named are a mistake, wherever.
func TestIdentityOutsideTheFile(t *testing.T) {
	t.Parallel()
	auth0 := []string{"CALLFLOW_IDENTITY_AUTH0_DOMAIN=bank.eu.auth0.com", "CALLFLOW_IDENTITY_AUTH0_CLIENT_ID=c", "CALLFLOW_IDENTITY_AUTH0_CLIENT_SECRET=s"}
	beside := map[string]string{"flows": "flow.yaml", "identity.directory": "users.yaml"}
	for _, tt := range []struct {
		env  []string
		file string
		want string // the provider, or where a mistake is
	}{
		{nil, "", "directory"},
		{auth0, "", "auth0"},
		{append(auth0, "CALLFLOW_IDENTITY_DIRECTORY=u.yaml"), "", "CALLFLOW_IDENTITY_AUTH0_DOMAIN"},
		{auth0, "flows: flow.yaml\nidentity: { directory: users.yaml }\n", "CALLFLOW_IDENTITY_AUTH0_DOMAIN"},
		{auth0[2:], "flows: flow.yaml\nidentity: { auth0: { domain: bank.eu.auth0.com, client_id: c } }\n", "auth0"},
	} {
		src := config.Source{Env: tt.env, Fallback: beside, Catalog: catalog()}
		if tt.file != "" {
			src.File, src.Content, src.Fallback = "callflow.yaml", []byte(tt.file), nil
		}
		c, ds := config.Load(src)
		got := ""
		switch {
		case len(ds) > 0:
			got = ds[0].File
		case c.Identity != nil:
			got = c.Identity.Name
		}
		if got != tt.want {
			t.Errorf("with %v and %q: %s, %v; want %s", tt.env, tt.file, got, ds, tt.want)
		}
	}
}

func TestMistakesOutsideTheFile(t *testing.T) {
	t.Parallel()
	_, ds := config.Load(config.Source{
		Env: []string{
			"CALLFLOW_STORE=postgres://x", "CALLFLOW_SERVER_LISTN=:1", "CALLFLOW_SEAL_KEY=not-a-key-at-all", "CALLFLOW_SERVER_DRAIN=", "HOME=/",
		},
		Flags:   map[string]string{"server.listen": "0.0.0.0:80", "platforms.generic.unsigned": "yes", "log.level": "lud"},
		Catalog: catalog(),
	})
	var got []string
	for _, d := range ds {
		got = append(got, fmt.Sprintf("%s %s [%s] %s", d.File, d.Severity, d.Code, d.Hint))
	}
	want := []string{
		"--log-level error [bad-value] ",
		"--platforms-generic-unsigned error [unsigned-public] set platforms.generic.secret, or listen on 127.0.0.1",
		"--server-listen error [public-url-missing] set server.public_url to the address under which platforms reach it, such as https://ivr.example.com",
		"CALLFLOW_SEAL_KEY error [bad-value] make one with: callflow config new-key",
		"CALLFLOW_SERVER_DRAIN error [bad-duration] ",
		`CALLFLOW_SERVER_LISTN warning [unknown-key] did you mean "CALLFLOW_SERVER_LISTEN"?`,
		"CALLFLOW_STORE error [bad-value] bolt:callflow.db keeps running calls in a file; with memory a restart forgets them",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if strings.Contains(fmt.Sprint(ds), "not-a-key") {
		t.Error("a message has a secret")
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.1:1": true, "localhost:1": true, "[::1]:1": true, "LOCALHOST:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "192.168.1.1:1": false, "localhost.example.com:1": false, "127.0.0.1.example:1": false,
	} {
		c, _ := load("server: { listen: '" + listen + "' }")
		if got := c.OnLoopback(); got != want {
			t.Errorf("%s is on loopback: %t", listen, got)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	c, _ := load("flows: [a.yaml]\nplatforms: { jambonz: { secret: s3cret } }\n")
	var b bytes.Buffer
	if err := c.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Name   string
		Value  any
		Origin string
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprint(got)
	for _, want := range []string{"{flows [etc/a.yaml] etc/callflow.yaml:1}", "{platforms.jambonz.secret *** etc/callflow.yaml:2}", "{store memory default}"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %s in %s", want, shown)
		}
	}
	if strings.Contains(b.String(), "s3cret") {
		t.Error("a secret is shown")
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	_, ds := load("# " + strings.Repeat("x", 2<<20))
	if len(ds) != 1 || ds[0].Code != flows.CodeTooLarge {
		t.Error(ds)
	}
}

// The examples that explain a code have that mistake, and corrected have not.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, d := range config.Codes() {
		if d.Summary == "" || d.Explanation == "" {
			t.Errorf("%s is not explained", d.Code)
		}
		if d.Example == "" || d.Code == config.CodeUnknownFlow || d.Code == config.CodePlatformLimit { // they need flows: see CheckNumbers, and fits
			continue
		}
		if _, ds := load(d.Example); len(ds) != 1 || ds[0].Code != d.Code {
			t.Errorf("the example of %s has %v", d.Code, ds)
		}
		if _, ds := load(d.Fixed); len(ds) != 0 {
			t.Errorf("the correction of %s has %v", d.Code, ds)
		}
	}
}

func TestCheckNumbers(t *testing.T) {
	t.Parallel()
	bundle, ds := flows.Load(os.DirFS("../../../examples"), []string{"authzero/flow.yaml", "herd/flow.yaml"}, flows.Options{})
	if bundle == nil {
		t.Fatal(ds)
	}
	c, ds := load(`numbers: { "1": autzero, "2": authzero, "3": { flow: herd, language: es-MX }, "4": { flow: authzero, language: fr } }`)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	var got []string
	for _, d := range c.CheckNumbers(bundle.Flows) {
		got = append(got, d.String()+" "+d.Hint)
	}
	want := []string{
		`etc/callflow.yaml:1:17: error: there is no flow "autzero"; there are authzero or herd [unknown-flow] did you mean "authzero"?`,
		`etc/callflow.yaml:1:112: error: the flow "authzero" does not speak "fr"; it speaks en-AU [unknown-language] `,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestRoutes reads numbers with patterns, platforms and headers.
func TestRoutes(t *testing.T) {
	t.Parallel()
	c, ds := load(`
region: AU
flows: flow.yaml
numbers:
  "+61255500100": { flow: a, headers: { "X-Line: sales": b }, platforms: { jambonz: c } }
  "+6125550*": b
  "*": c
`)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	var got []string
	for _, n := range c.Numbers {
		r := n.Route()
		got = append(got, fmt.Sprint(r.Number, " ", r.Flow, " ", r.Platforms, " ", r.Headers))
	}
	want := []string{"+61255500100 a map[jambonz:c] map[X-Line: sales:b]", "+6125550* b map[] map[]", "* c map[] map[]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for src, want := range map[string]string{
		`numbers: { "0255500100": a, "+61255500100": a }`:              "is the same number as",
		`numbers: { "+6125550*": a, "6125550*": a }`:                   "is the same number as",
		`numbers: { "02 5550*": a, "+6125550*": a }`:                   `"+6125550*" is the same number as "02 5550*"`,
		`numbers: { "1": { flow: a, platforms: { jambons: b } } }`:     `there is no platform "jambons"`,
		`numbers: { "1": { flow: a, headers: { "Line: sales": b } } }`: "is no header that calls are told apart by",
		`numbers: { "1": { flow: a, headers: { "X-Line": b } } }`:      "is no header that calls are told apart by",
		"region: Mars": "expected the code of a country",
	} {
		if !strings.HasPrefix(src, "region") {
			src = "region: AU\n" + src
		}
		if _, ds := load("flows: flow.yaml\n" + src + "\n"); !strings.Contains(fmt.Sprint(ds), want) {
			t.Errorf("%s: got %v, expected %q", src, ds, want)
		}
	}
}

// A key in PEM has several lines, wherever it stands, and none of them is shown. Other
// secrets have one.
func TestSecretsOfSeveralLines(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"
	const under = "platforms:\n  vonage:\n    signature_secret: s3cret-s3cret\n    application_id: app\n"
	for name, s := range map[string]config.Source{
		"a reference":     {Content: []byte(under + "    private_key: \"${env:KEY}\"\n"), Env: []string{"KEY=" + key + "\n"}},
		"the environment": {Content: []byte(under), Env: []string{"CALLFLOW_PLATFORMS_VONAGE_PRIVATE_KEY=" + key + "\n"}},
		"the file":        {Content: []byte(under + "    private_key: |\n      " + strings.ReplaceAll(key, "\n", "\n      ") + "\n")},
	} {
		s.File, s.Catalog = "callflow.yaml", catalog()
		c, ds := config.Load(s)
		if ds.HasErrors() || len(c.Platforms) != 1 {
			t.Errorf("%s: %v", name, ds)
			continue
		}
		if got := c.Platforms[0].Section.Secret("private_key").Reveal(); strings.TrimSpace(got) != key {
			t.Errorf("%s: %q", name, got)
		}
		if strings.Contains(string(c.Masked), "MIIEv") {
			t.Errorf("%s: shown: %s", name, c.Masked)
		}
	}
	_, ds := config.Load(config.Source{File: "callflow.yaml", Catalog: catalog(), Content: []byte("platforms: { twilio: { auth_token: \"a\\nb\" } }")})
	if !ds.HasErrors() || !strings.Contains(ds[0].Message, "line break") {
		t.Errorf("a token of two lines: %v", ds)
	}
}
