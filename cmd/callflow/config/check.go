package config

import (
	"net/url"
	"slices"
	"strings"

	"callflow/flows"
	"callflow/providers"
	"callflow/providers/phone"
	"callflow/providers/telephony"
	"callflow/server"
)

// Codes of mistakes that only a configuration can have.
const (
	// CodePublicURLMissing is a server that others reach, without the address
	// under which they do.
	CodePublicURLMissing flows.Code = "public-url-missing"
	// CodeUnsignedPublic is a platform without signatures on an address that
	// others reach.
	CodeUnsignedPublic flows.Code = "unsigned-public"
	// CodeUnknownFlow is a number for a flow that is not there.
	CodeUnknownFlow flows.Code = "unknown-flow"
	// CodeMissingIdentity is a flow that asks who callers are where nobody knows.
	CodeMissingIdentity flows.Code = "missing-identity"
	// CodeSealKeyMissing is a durable store without a key to seal what it keeps.
	CodeSealKeyMissing flows.Code = "seal-key-missing"
	// CodeBadUsers is a mistake in a file of users.
	CodeBadUsers flows.Code = "bad-users"
	// CodeLockoutOff is a line whose PINs may be guessed.
	CodeLockoutOff flows.Code = "lockout-off"
	// CodeOpenGateway is a gateway that sends messages for anybody.
	CodeOpenGateway flows.Code = "open-gateway"
	// CodeCodesShown is a sender that shows codes, on a line that others reach.
	CodeCodesShown flows.Code = "codes-shown"
	// CodeMissingSender is a flow that sends codes where nobody can, or to nobody.
	CodeMissingSender flows.Code = "missing-sender"
	// CodeNumberNotAllowed is a call in a flow that the installation does not allow.
	CodeNumberNotAllowed flows.Code = "number-not-allowed"
	// CodePlatformLimit is something in a flow that a platform cannot do.
	CodePlatformLimit flows.Code = "platform-limit"
)

// check finds what is wrong with the settings together.
func (c *Config) check(catalog Catalog) flows.Diagnostics {
	var ds flows.Diagnostics
	for _, rule := range rules {
		rule(c, catalog, func(d flows.Diagnostic) { ds = append(ds, d) })
	}
	return ds
}

// rules are in the order in which a reader would look.
var rules = [...]func(*Config, Catalog, func(flows.Diagnostic)){
	checkNumbers, checkRegion, checkServer, checkNetworks, checkStore, checkSealKeys, checkUnsigned, checkIdentity, checkTokens, checkLockout, checkIndex, checkCalls, checkDial, checkSMS, checkSenders, checkGateway, checkLogStream, checkRecord, checkLog,
}

// checkTokens finds hashes that are none, roles that nobody has, and two names for
// one token.
func checkTokens(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	seen := map[string]string{}
	for _, n := range c.names("api", "tokens") {
		hash := c.get("api", "tokens", n, "hash")
		if !hash.IsSet() {
			continue
		}
		if _, err := server.ParseTokenHash(hash.Text()); err != nil {
			d := hash.report(flows.CodeBadValue, "the hash of the token %q: %s", n, err)
			d.Hint = "make a token and its hash with: callflow config new-token"
			report(d)
		}
		if first, twice := seen[hash.Text()]; twice {
			report(hash.report(flows.CodeBadValue, "the token %q is the same as %q", n, first))
		}
		seen[hash.Text()] = n
		roles := c.get("api", "tokens", n, "roles")
		for _, role := range strings.Fields(roles.Text()) {
			if !slices.Contains(server.Roles, role) {
				report(roles.report(flows.CodeBadValue, "the token %q: there is no role %q, there is %s", n, role, strings.Join(server.Roles, ", ")))
			}
		}
	}
}

// checkRegion finds a country that is none.
func checkRegion(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	v := c.get("region")
	if _, err := phone.ParseRegion(v.Text()); err != nil {
		report(v.report(flows.CodeBadValue, "region: %s", err))
	}
}

// incomplete finds sections that lack a setting they must have.
func (c *Config) incomplete(settings []providers.Setting) (diags flows.Diagnostics) {
	for _, s := range settings {
		i := strings.LastIndex(s.Name, "."+free+".")
		if !s.Required || i < 0 {
			continue
		}
		before, last := strings.Split(s.Name[:i], "."), s.Name[i+len(free)+2:]
		for _, name := range c.names(before...) {
			section := append(slices.Clone(before), name)
			if _, there := c.sections[key(append(slices.Clone(section), last))]; !there && c.mappings[key(section)] {
				diags = append(diags, flows.Report(flows.CodeMissingKey, c.File, c.sections[key(section)], "%q has no %q: %s", name, last, s.Doc))
			}
		}
	}
	return diags
}

// checkNumbers finds two numbers that are one.
func checkNumbers(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	first := map[string]string{}
	for _, n := range c.Numbers {
		kind, normals := server.Pattern(n.Number, c.Region)
		for _, p := range n.Platforms {
			if !slices.ContainsFunc(catalog.Telephony, func(e providers.Entry[telephony.Codec]) bool { return e.Name == p.Name }) {
				report(p.Value.report(flows.CodeBadValue, "the number %q: there is no platform %q", n.Number, p.Name))
			}
		}
		for _, h := range n.Headers {
			if name, _, ok := strings.Cut(h.Name, ":"); !ok || !strings.HasPrefix(strings.ToLower(name), "x-") {
				d := h.Value.report(flows.CodeBadValue, "the number %q: %q is no header that calls are told apart by", n.Number, h.Name)
				d.Hint = "a header's name begins with X-, and its value stands behind a colon: \"X-Line: sales\""
				report(d)
			}
		}
		before, twice := "", false
		for _, normal := range normals {
			if other, there := first[kind+normal]; there {
				before, twice = other, true
			} else {
				first[kind+normal] = n.Number
			}
		}
		if !twice {
			continue
		}
		d := flows.Report(flows.CodeDuplicateKey, c.File, c.sections[key([]string{"numbers", n.Number})],
			"%q is the same number as %q", n.Number, before)
		d.Related = []flows.Related{{Pos: c.sections[key([]string{"numbers", before})], Message: "the first one is here"}}
		report(d)
	}
}

// checkServer finds a server that platforms cannot come back to.
func checkServer(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	listen, public := c.get("server", "listen"), c.get("server", "public_url")
	if !listen.IsSet() {
		return
	}
	if !public.IsSet() {
		if !c.OnLoopback() {
			d := listen.report(CodePublicURLMissing, "the server listens on %s, where others reach it, and server.public_url is not set", c.Listen)
			d.Hint = "set server.public_url to the address under which platforms reach it, such as https://ivr.example.com"
			report(d)
		}
		return
	}
	u, err := url.Parse(c.PublicURL)
	if err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		d := public.report(flows.CodeBadValue, "%s is not encrypted: whoever listens on the way hears what callers press", c.PublicURL)
		d.Severity = flows.Warning
		d.Hint = "use https://"
		report(d)
	}
}

// checkStore finds stores that this version has not got.
func checkStore(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	v := c.get("store")
	if !v.IsSet() {
		return
	}
	var known []string
	for _, e := range catalog.Stores {
		known = append(known, e.Name)
		if e.Name == c.Store.Name {
			switch {
			case c.Store.Target != "" && len(e.Settings) == 0:
				report(v.report(flows.CodeBadValue, "the store %s takes nothing behind it; found %q", e.Name, ":"+clip(c.Store.Target)))
			case c.Store.Target == "" && len(e.Settings) > 0 && e.Settings[0].Required:
				d := v.report(flows.CodeBadValue, "the store %s needs %s behind it", e.Name, e.Settings[0].Doc)
				d.Hint = "write it behind a colon, such as " + e.Name + ":callflow.db"
				report(d)
			}
			return
		}
	}
	if slices.Contains([]string{"postgres", "postgresql"}, c.Store.Name) {
		d := v.report(flows.CodeBadValue, "the store %s is not in this version; it has %s", c.Store.Name, list(known))
		d.Hint = "bolt:callflow.db keeps running calls in a file; with memory a restart forgets them"
		report(d)
		return
	}
	// What follows the colon may hold a password.
	d := v.report(flows.CodeBadValue, "there is no store %q; this version has %s", clip(c.Store.Name), list(known))
	d.Hint = flows.Suggest(c.Store.Name, known)
	report(d)
}

// newKeyHint says how to come by a key.
const newKeyHint = "make one with: callflow config new-key"

// checkSealKeys finds keys that seal nothing, and a store that needs one.
func checkSealKeys(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	v := c.get("seal_key")
	if c.Store.Durable && !v.IsSet() && !c.Unread("seal_key") {
		store := c.get("store")
		d := store.report(CodeSealKeyMissing, "the store %s keeps calls beyond the end of this process, and there is no seal_key to seal them with", c.Store.Name)
		d.Hint = newKeyHint + ", and set it in the environment as CALLFLOW_SEAL_KEY"
		report(d)
	}
	seen := map[string]bool{}
	for i, secret := range v.Secrets() {
		at := v
		at.Origin.Pos = v.Items[i].Pos
		k, ok := parseKey(secret)
		if !ok {
			problem, several := noKey(secret)
			d := at.report(flows.CodeBadValue, "seal_key is not 32 bytes in hexadecimal: %s", problem)
			d.Hint = newKeyHint
			if several {
				d.Hint = severalKeysHint(v.Origin.Kind)
			}
			report(d)
		} else if seen[k.ID] {
			report(at.report(flows.CodeDuplicateKey, "this seal_key stands twice"))
		}
		seen[k.ID] = true
	}
}

// checkUnsigned finds platforms that anybody could pretend to be.
func checkUnsigned(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	for _, p := range c.Platforms {
		v := c.get("platforms", p.Name, "unsigned")
		secret := "secret"
		if i := slices.IndexFunc(catalog.Telephony, func(e providers.Entry[telephony.Codec]) bool { return e.Name == p.Name }); i >= 0 {
			secret = catalog.Telephony[i].SignedBy()
		}
		if !p.Section.Bool("unsigned") || c.get("platforms", p.Name, secret).IsSet() {
			continue // two at once is the codec's to refuse
		}
		if !c.OnLoopback() {
			d := v.report(CodeUnsignedPublic, "%s is unsigned and the server listens on %s: anybody could pretend to be the platform", p.Name, c.Listen)
			d.Hint = "set platforms." + p.Name + "." + secret + ", or listen on 127.0.0.1"
			report(d)
			continue
		}
		if u, err := url.Parse(c.PublicURL); err == nil && c.PublicURL != "" && !isLoopback(u.Hostname()) {
			// What listens on loopback is reached through a proxy or a tunnel, and by whoever
			// reaches that.
			d := v.report(CodeUnsignedPublic, "%s is unsigned and the server is reached under %s: anybody could pretend to be the platform", p.Name, c.PublicURL)
			d.Hint = "set platforms." + p.Name + "." + secret + ", or leave server.public_url out"
			report(d)
		}
	}
}

// checkIdentity finds two identity providers, of which one may be named by the
// environment or a flag.
func checkIdentity(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	if len(c.identities) < 2 {
		return
	}
	first, second := c.identities[0], c.identities[1]
	inFile := func(a Adapter) bool { return a.pos.Origin.Kind == File }
	if inFile(second) && (!inFile(first) || second.pos.Origin.Pos.Before(first.pos.Origin.Pos)) {
		first, second = second, first
	}
	d := second.pos.report(flows.CodeDuplicateKey, "a second identity provider, %s beside %s; expected one", second.Name, first.Name)
	if inFile(first) && inFile(second) {
		d.Related = []flows.Related{{Pos: first.pos.Origin.Pos, Message: "the first one is here"}}
	}
	report(d)
}

func checkLog(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	for _, s := range []struct {
		name  string
		known []string
	}{
		{"level", []string{"debug", "info", "warn", "error"}},
		{"format", []string{"auto", "json", "text"}},
	} {
		v := c.get("log", s.name)
		if !v.IsSet() || slices.Contains(s.known, v.Text()) {
			continue
		}
		d := v.report(flows.CodeBadValue, "log.%s is %q; expected %s", s.name, clip(v.Text()), list(s.known))
		d.Hint = flows.Suggest(v.Text(), s.known)
		report(d)
	}
}
