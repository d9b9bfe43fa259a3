package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/budget"
	"callflow/engine/runner/lockout"
	"callflow/engine/runner/toll"
	"callflow/flows"
	"callflow/providers"
	"callflow/providers/phone"
	"callflow/server"
	"callflow/server/capture"
)

// Source is all that a configuration is read from.
type Source struct {
	// File names the file in messages and is where its relative paths start.
	// Without a file both are empty.
	File    string
	Content []byte
	// Env is the environment, as os.Environ gives it.
	Env []string
	// Flags are the flags given, by the names of their settings.
	Flags map[string]string
	// Fallback are defaults that depend on how the program was started, by the
	// names of their settings: the flow of a folder that has no callflow.yaml.
	Fallback map[string]string
	Catalog  Catalog
}

// Config is what an installation says of itself.
type Config struct {
	File string
	// Values are the effective settings, in the order of Settings.
	Values []Value

	Flows     []Item // paths
	Numbers   []Number
	Region    phone.Region
	Listen    string
	PublicURL string // without a slash at its end; "" on a loopback address
	// From are the networks that platforms' webhooks come from, by the platform's
	// name; Proxies those of what hands webhooks on.
	From    map[string][]netip.Prefix
	Proxies []netip.Prefix
	// Linger and Drain are how the server stops.
	Linger, Drain time.Duration
	Store         Store
	// SealKeys seal what the store keeps, the current one first; none: it is kept in
	// memory, and not sealed.
	SealKeys  []runner.Key
	Platforms []Adapter
	// Identity is nil where nobody can sign in.
	Identity *Adapter
	// Lockout slows down whoever guesses PINs; nil where it is off.
	Lockout  *lockout.Limits
	Index    Index
	Services []Service
	// Callbacks are how the numbers begin that flows may have called back.
	Callbacks []string
	// CallbackLimits bound those calls, and Calls the transfers.
	CallbackLimits toll.Limits
	Calls          Calls
	// Codes bound the one-time codes of flows.
	Codes budget.Limits
	// Dial is what is said of calls that are made; nil: none are.
	Dial *Dial
	// Tokens may use the API.
	Tokens []server.Token
	// SMS sends messages; nil where nobody does.
	SMS *SMS
	// Gateway and LogStream are what Auth0 posts to; nil where it does not.
	Gateway   *Gateway
	LogStream *LogStream
	// Record is the folder in which calls are kept, those that RecordCalls chooses, or
	// "". RecordSpace is in bytes.
	Record      string
	RecordCalls capture.Choice
	RecordSpace int64
	// Words are the files of built-in words, by language.
	Words     map[string]string
	LogLevel  string
	LogFormat string

	// Masked is the file's text as diagnostics may show it: every value that is,
	// or might have been meant to be, a secret is overwritten.
	Masked []byte

	identities []Adapter // one, unless something is wrong

	senders []string // all that could be configured

	sections map[string]flows.Pos // keys of the file, by path
	mappings map[string]bool
	unread   map[string]bool
	values   map[string]Value
}

// Number says which flow answers a called number.
type Number struct {
	Number         string // as written
	Flow, Language Value
	// Platforms and Headers name other flows, by platform and by SIP header.
	Platforms, Headers []NamedValue
}

// NamedValue is a value under a name that the installation chose.
type NamedValue struct {
	Name  string
	Value Value
}

// Route is the number as the server takes it.
func (n Number) Route() server.Number {
	r := server.Number{Number: n.Number, Flow: n.Flow.Text(), Language: n.Language.Text(), Platforms: map[string]string{}, Headers: map[string]string{}}
	for _, p := range n.Platforms {
		r.Platforms[p.Name] = p.Value.Text()
	}
	for _, h := range n.Headers {
		r.Headers[h.Name] = h.Value.Text()
	}
	return r
}

// Flows are all flows that the number names.
func (n Number) Flows() []Value {
	all := []Value{n.Flow}
	for _, v := range append(slices.Clone(n.Platforms), n.Headers...) {
		all = append(all, v.Value)
	}
	return all
}

// Store is a store's name and what follows its colon: of a file, the usable path.
type Store struct {
	Name, Target string
	// Durable says that it keeps what it has when the process ends.
	Durable bool
}

// Section is what its entry opens it with.
func (s Store) Section() providers.Section {
	return providers.NewSection(map[string][]string{"": {s.Target}}, nil)
}

// Adapter is a platform or an identity provider that is configured.
type Adapter struct {
	Name    string
	Section providers.Section
	pos     Value // where it is said, for diagnostics
}

// Report is a diagnostic about the adapter, where its section stands.
func (a Adapter) Report(format string, args ...any) flows.Diagnostic {
	return a.pos.report(flows.CodeBadValue, format, args...)
}

// Service is a service that flows know by its name.
type Service struct {
	Name    string
	URL     *url.URL
	Timeout time.Duration
	// Headers are sorted by name.
	Headers    []Header
	Idempotent bool
	Private    bool
}

// Header is a header field sent with every request.
type Header struct {
	Name  string
	Value engine.Secret
}

// Load reads a configuration and reports everything that is wrong with it. The
// configuration has what could be understood and must not be used when there are
// errors.
func Load(s Source) (*Config, flows.Diagnostics) {
	settings := Settings(s.Catalog)
	r := &reader{
		file:     s.File,
		src:      s.Content,
		dir:      filepath.Dir(s.File),
		env:      newEnvironment(s.Env),
		sections: map[string]flows.Pos{},
		mappings: map[string]bool{},
		used:     map[string]bool{},
		unread:   map[string]bool{},
		shown:    map[*yamlNode]bool{},
	}
	if s.File != "" {
		r.read(newTree(settings))
	}
	c := &Config{File: s.File, Masked: r.masked(), sections: r.sections, mappings: r.mappings, unread: r.unread, values: map[string]Value{}}
	for _, v := range r.values {
		c.values[key(v.path)] = v
	}
	r.overlay(c, settings, s)
	r.misspelt(s.Env, settings)
	for _, e := range s.Catalog.SMS {
		c.senders = append(c.senders, e.Name)
	}
	for _, e := range s.Catalog.Carriers {
		c.senders = append(c.senders, e.Name)
	}
	c.list(settings)
	c.fill(s.Catalog)
	r.diags = append(r.diags, c.incomplete(settings)...)
	r.diags = append(r.diags, c.check(s.Catalog)...)
	r.diags.Sort()
	return c, r.diags
}

func key(path []string) string { return strings.Join(path, "\x00") }

// get is the value of a setting with the installation's own names filled in.
func (c *Config) get(path ...string) Value { return c.values[key(path)] }

// Mentions tells whether the file has a setting, even one that could not be read.
func (c *Config) Mentions(path ...string) bool {
	_, ok := c.sections[key(path)]
	return ok
}

// Unread tells whether a setting, or one in a section, was given and could not be
// read: that has been reported, and what follows from it need not be.
func (c *Config) Unread(path ...string) bool {
	at := key(path)
	for k := range c.unread {
		if k == at || strings.HasPrefix(k, at+"\x00") {
			return true
		}
	}
	return false
}

// names are the names that stand in a section of the installation's own, in the
// order of the file.
func (c *Config) names(path ...string) []string {
	prefix := key(path) + "\x00"
	var names []string
	for k := range c.sections {
		if rest, ok := strings.CutPrefix(k, prefix); ok && !strings.Contains(rest, "\x00") {
			names = append(names, rest)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		p, q := c.sections[prefix+a], c.sections[prefix+b]
		switch {
		case p.Before(q):
			return -1
		case q.Before(p):
			return 1
		default:
			return strings.Compare(a, b)
		}
	})
	return names
}

// list puts the values in the order of the settings: those of one service, or one
// number, together. Defaults of what nobody configured are of no interest.
func (c *Config) list(settings []providers.Setting) {
	for i := 0; i < len(settings); {
		prefix, _, isFree := strings.Cut(settings[i].Name, "."+free)
		if !isFree {
			path := strings.Split(settings[i].Name, ".")
			if v := c.get(path...); v.IsSet() && !c.idle(v, path) {
				c.Values = append(c.Values, v)
			}
			i++
			continue
		}
		end := i
		for end < len(settings) && strings.HasPrefix(settings[end].Name, prefix+"."+free) {
			end++
		}
		for _, name := range c.names(strings.Split(prefix, ".")...) {
			for _, s := range settings[i:end] {
				rest := strings.TrimPrefix(strings.TrimPrefix(s.Name, prefix+"."+free), ".")
				c.listUnder(append(strings.Split(prefix, "."), name), rest)
			}
		}
		i = end
	}
}

// listUnder lists the value of a setting, or those under each name where there is
// another level of names.
func (c *Config) listUnder(section []string, rest string) {
	before, isFree := strings.CutSuffix(rest, "."+free)
	if !isFree {
		if v := c.get(pathOf(append(slices.Clone(section), rest)...)...); v.IsSet() {
			c.Values = append(c.Values, v)
		}
		return
	}
	section = append(slices.Clone(section), before)
	for _, name := range c.names(section...) {
		if v := c.get(append(slices.Clone(section), name)...); v.IsSet() {
			c.Values = append(c.Values, v)
		}
	}
}

// idle tells whether v is a default of what is not configured: of an adapter, or of
// a section that does nothing unless something is said of it.
func (c *Config) idle(v Value, path []string) bool {
	if v.Origin.Kind != Default {
		return false
	}
	switch {
	case len(path) >= 3 && (path[0] == "platforms" || path[0] == "identity"):
		return !c.chosen(path[:2]...)
	case len(path) >= 3 && path[0] == "sms" && c.isSender(path[1]):
		return !c.chosen(path[:2]...)
	case path[0] == "record_space":
		return !c.chosen("record")
	case path[0] == "sms" || path[0] == "dial" || path[0] == "auth0_gateway" || path[0] == "auth0_logs":
		return !c.chosen(path[0])
	}
	return false
}

// chosen tells whether anything but defaults is said of a section.
func (c *Config) chosen(section ...string) bool {
	if _, there := c.sections[key(section)]; there {
		return true
	}
	prefix := key(section) + "\x00"
	for k, v := range c.values {
		if strings.HasPrefix(k, prefix) && v.Origin.isChosen() {
			return true
		}
	}
	return false
}

// fill makes the configuration of its values.
func (c *Config) fill(catalog Catalog) {
	c.Flows = c.get("flows").Items
	c.Listen = c.get("server", "listen").Text()
	c.PublicURL = c.get("server", "public_url").Text()
	c.Region, _ = phone.ParseRegion(c.get("region").Text())
	c.Linger, _ = time.ParseDuration(c.get("server", "linger").Text())
	c.Drain, _ = time.ParseDuration(c.get("server", "drain").Text())
	c.SealKeys = keys(c.get("seal_key"))
	c.LogLevel = c.get("log", "level").Text()
	c.LogFormat = c.get("log", "format").Text()
	c.fillStore(catalog)

	for _, n := range c.names("numbers") {
		number := Number{Number: n, Flow: c.get("numbers", n, "flow"), Language: c.get("numbers", n, "language")}
		for _, p := range c.names("numbers", n, "platforms") {
			number.Platforms = append(number.Platforms, NamedValue{p, c.get("numbers", n, "platforms", p)})
		}
		for _, h := range c.names("numbers", n, "headers") {
			number.Headers = append(number.Headers, NamedValue{h, c.get("numbers", n, "headers", h)})
		}
		c.Numbers = append(c.Numbers, number)
	}
	c.Proxies = networks(c.get("server", "trusted_proxies"))
	c.From = map[string][]netip.Prefix{}
	for _, e := range catalog.Telephony {
		if from := networks(c.get("platforms", e.Name, "from")); len(from) > 0 {
			c.From[e.Name] = from
		}
		if a, ok := c.adapter("platforms", e.Name, e.Settings, e.Voice); ok {
			c.Platforms = append(c.Platforms, a)
		}
	}
	for _, e := range catalog.Identity {
		if a, ok := c.adapter("identity", e.Name, e.Settings, nil); ok {
			c.identities = append(c.identities, a)
		}
	}
	if len(c.identities) > 1 { // one that was only found beside a flow gives way
		c.identities = slices.DeleteFunc(c.identities, func(a Adapter) bool { return a.pos.Origin.Kind == Default })
	}
	if len(c.identities) > 0 {
		c.Identity = &c.identities[0]
	}
	c.Lockout = c.lockout()
	c.Index = c.index()
	for _, n := range c.names("services") {
		c.Services = append(c.Services, c.service(n))
	}
	c.Callbacks = c.get("callbacks", "allow").Texts()
	c.Dial = c.dial()
	c.CallbackLimits, c.Calls, c.Codes = c.callbackLimits(), c.calls(), c.codeLimits()
	for _, n := range c.names("api", "tokens") {
		hash, _ := server.ParseTokenHash(c.get("api", "tokens", n, "hash").Text())
		c.Tokens = append(c.Tokens, server.Token{Name: n, Hash: hash, Roles: strings.Fields(c.get("api", "tokens", n, "roles").Text())})
	}
	c.SMS = c.sms(catalog)
	c.Gateway = c.gateway()
	c.LogStream = c.logStream()
	c.Record = c.get("record").Text()
	c.RecordCalls, _ = capture.ParseChoice(c.get("record_calls").Texts())
	space, _ := strconv.Atoi(c.get("record_space").Text())
	c.RecordSpace = int64(space) << 20
	c.Words = map[string]string{}
	for _, lang := range c.names("words") {
		if v := c.get("words", lang); v.IsSet() {
			c.Words[lang] = v.Text()
		}
	}
}

// fillStore takes the value of "store" apart.
func (c *Config) fillStore(catalog Catalog) {
	v := c.get("store")
	c.Store.Name, c.Store.Target, _ = strings.Cut(v.Text(), ":")
	for _, e := range catalog.Stores {
		if e.Name != c.Store.Name {
			continue
		}
		c.Store.Durable = e.Durable
		isPath := len(e.Settings) > 0 && e.Settings[0].Kind == providers.Path
		if isPath && c.Store.Target != "" && v.Origin.Kind == File && !filepath.IsAbs(c.Store.Target) {
			c.Store.Target = filepath.Join(filepath.Dir(c.File), c.Store.Target)
		}
	}
}

// adapter is the section of an adapter, if anything but defaults is said of it.
func (c *Config) adapter(family, name string, settings, voice []providers.Setting) (Adapter, bool) {
	a := Adapter{Name: name}
	pos, there := c.sections[key([]string{family, name})]
	if there {
		a.pos = Value{Name: family + "." + name, Origin: Origin{Kind: File, Name: c.File, Pos: pos}}
	}
	values := map[string][]string{}
	for _, s := range settings {
		v := c.get(pathOf(family, name, s.Name)...)
		if !v.IsSet() {
			continue
		}
		values[s.Name] = v.Texts()
		if !there && v.Origin.isChosen() {
			there, a.pos = true, v
		}
	}
	voices := map[string]providers.Section{}
	for _, n := range c.names("voices", name) {
		values := map[string][]string{}
		for _, s := range voice {
			if v := c.get("voices", name, n, s.Name); v.IsSet() {
				values[s.Name] = v.Texts()
			}
		}
		voices[n] = providers.NewSection(values, nil)
	}
	a.Section = providers.NewSection(values, voices)
	return a, there
}

func pathOf(words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

func (c *Config) service(name string) Service {
	s := Service{Name: name}
	s.URL, _ = url.Parse(c.get("services", name, "url").Text())
	s.Timeout, _ = time.ParseDuration(c.get("services", name, "timeout").Text())
	s.Idempotent, _ = providers.ParseBool(c.get("services", name, "idempotent").Text())
	s.Private, _ = providers.ParseBool(c.get("services", name, "private").Text())
	for _, h := range c.names("services", name, "headers") {
		if v := c.get("services", name, "headers", h); v.IsSet() {
			s.Headers = append(s.Headers, Header{h, v.Secrets()[0]})
		}
	}
	slices.SortFunc(s.Headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// OnLoopback tells whether only this machine reaches the server.
func (c *Config) OnLoopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && isLoopback(host)
}
