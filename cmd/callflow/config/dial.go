package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"callflow/engine/runner/outbound"
	"callflow/engine/runner/toll"
	"callflow/flows"
	"callflow/providers"
	"callflow/server"
	"callflow/server/gateway"
)

// Dial is what an installation says of calls that it makes.
type Dial struct {
	// Allow are how the numbers begin that may be called.
	Allow    []string
	Limits   toll.Limits
	Settings outbound.Settings
}

// dialSettings are the settings of calls that are made.
func dialSettings() []providers.Setting {
	d := toll.OrderedCalls()
	wait := func(name, doc string) providers.Setting {
		return providers.Setting{Name: "retry." + name, Kind: providers.Duration, Longest: 7 * 24 * time.Hour, Doc: doc}
	}
	all := []providers.Setting{
		{Name: "platform", Kind: providers.Word, Doc: "who makes calls where the order does not say; left out, the first platform that can"},
		{Name: "from", Kind: providers.Text, Doc: "the number of yours that those who are called see, where the order does not say"},
		{Name: "shown", Kind: providers.Words, Doc: "the numbers that orders may have shown; left out, dial.from alone"},
		{Name: "allow", Kind: providers.Words, Doc: "how the numbers begin that may be called, such as +61; left out, none"},
		{Name: "hours", Kind: providers.Text, Doc: "when people may be called, such as \"mon-fri 09:00-20:00, sat 10:00-16:00\"; left out, at any time"},
		{Name: "outside", Kind: providers.Word, Default: string(outbound.OutsideWait), OneOf: []string{string(outbound.OutsideWait), string(outbound.OutsideRefuse)}, Doc: "what becomes of orders outside those hours: wait, or refuse"},
		{Name: "time_zone", Kind: providers.Word, Doc: "by whose clocks those hours are, such as Australia/Sydney; left out, UTC"},
		{Name: "time_zones.*", Kind: providers.Word, Doc: "the same for numbers that begin so; the longest prefix counts"},
		{Name: "ring", Kind: providers.Duration, Default: "30s", Longest: 2 * time.Minute, Doc: "how long a call rings"},
		{Name: "per_second", Kind: providers.Count, Default: "1", Doc: "how many calls begin in a second"},
		{Name: "retry.attempts", Kind: providers.Count, Default: "1", Doc: "how often somebody is called, the first time included; an order may say otherwise, of this and of the others"},
		wait("busy", "how long after a line that was busy it is tried again; left out, it is not"),
		wait("no_answer", "the same after nobody answered"),
		wait("failed", "the same after a call that did not come about"),
		wait("machine", "the same after a machine answered and was hung up on"),
		{Name: "limits.concurrent", Kind: providers.Count, Default: strconv.Itoa(d.Concurrent), Doc: "how many calls there are at once; others wait"},
		{Name: "limits.longest", Kind: providers.Duration, Default: short(d.Longest), Longest: 24 * time.Hour, Doc: "how long a call may last"},
	}
	for _, s := range tollSettings("calls", d) {
		if s.Name == "limits.caller" {
			s.Doc = "how many calls one token may have made"
		}
		all = append(all, s)
	}
	return all
}

// dial is nil where nothing is said of calls that are made.
func (c *Config) dial() *Dial {
	if !c.chosen("dial") {
		return nil
	}
	text := func(path ...string) string { return c.get(append([]string{"dial"}, path...)...).Text() }
	d := &Dial{Allow: c.get("dial", "allow").Texts(), Limits: c.tollLimits("dial")}
	d.Limits.Concurrent, _ = strconv.Atoi(text("limits", "concurrent"))
	s := &d.Settings
	s.Platform = text("platform")
	s.From, _ = c.Region.Normalize(text("from"))
	if s.From != "" {
		s.Shown = []string{s.From}
	}
	for _, n := range c.get("dial", "shown").Texts() {
		if number, ok := c.Region.Normalize(n); ok {
			s.Shown = append(s.Shown, number)
		}
	}
	s.Ring, _ = time.ParseDuration(text("ring"))
	s.Longest = d.Limits.Longest
	s.PerSecond, _ = strconv.Atoi(text("per_second"))
	s.Retry.Attempts, _ = strconv.Atoi(text("retry", "attempts"))
	for _, w := range []struct {
		name string
		into *outbound.Wait
	}{{"busy", &s.Retry.Busy}, {"no_answer", &s.Retry.NoAnswer}, {"failed", &s.Retry.Failed}, {"machine", &s.Retry.Machine}} {
		wait, _ := time.ParseDuration(text("retry", w.name))
		*w.into = outbound.Wait(wait)
	}
	s.Window.Outside = outbound.Outside(text("outside"))
	if hours := text("hours"); hours != "" {
		s.Window.Hours, _ = outbound.ParseHours(hours)
	}
	if zone := text("time_zone"); zone != "" {
		s.Window.Zone, _ = time.LoadLocation(zone)
	}
	s.Window.Zones = map[string]*time.Location{}
	for _, prefix := range c.names("dial", "time_zones") {
		if zone, err := time.LoadLocation(text("time_zones", prefix)); err == nil {
			s.Window.Zones[prefix] = zone
		}
	}
	return d
}

// AtDial is a diagnostic about calls that are made and what is missing for them, where
// their platform is named, or else where the section stands.
func (c *Config) AtDial(format string, args ...any) flows.Diagnostic {
	if v := c.get("dial", "platform"); v.IsSet() {
		return v.report(flows.CodeMissingKey, format, args...)
	}
	d := c.Missing("dial", format, args...)
	if pos, there := c.sections["dial"]; there {
		d.Pos = pos
	}
	return d
}

// checkDial finds calls that could never be made, and hours that are none.
func checkDial(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	if c.Dial == nil {
		return
	}
	bad := func(v Value, format string, args ...any) {
		if v.IsSet() {
			report(v.report(flows.CodeBadValue, format, args...))
		}
	}
	allow := c.get("dial", "allow")
	for _, prefix := range c.Dial.Allow {
		if _, err := gateway.ParsePrefix(prefix); err != nil {
			bad(allow, "dial.allow: %s", err)
		}
	}
	for _, v := range append([]Value{c.get("dial", "from")}, c.get("dial", "shown")) {
		for _, n := range v.Texts() {
			if _, ok := c.Region.Normalize(n); !ok {
				bad(v, "%s: found %q, expected a number of yours with its country, such as +61255500100", v.Name, clip(n))
			}
		}
	}
	if v := c.get("dial", "hours"); v.IsSet() {
		if _, err := outbound.ParseHours(v.Text()); err != nil {
			bad(v, "dial.hours: %s", err)
		}
	}
	zones := []Value{c.get("dial", "time_zone")}
	for _, prefix := range c.names("dial", "time_zones") {
		v := c.get("dial", "time_zones", prefix)
		zones = append(zones, v)
		if _, err := gateway.ParsePrefix(prefix); err != nil {
			bad(v, "dial.time_zones: %s", err)
		}
	}
	for _, v := range zones {
		if _, err := time.LoadLocation(v.Text()); v.IsSet() && (err != nil || v.Text() == "Local") {
			bad(v, "%s: found %q, expected a place such as Australia/Sydney", v.Name, clip(v.Text()))
		}
	}
	for _, p := range c.Dial.Settings.Retry.Check() {
		bad(c.get("dial", "retry", p.Field), "dial.retry.%s: %s", p.Field, p.Message)
	}
	platform := c.get("dial", "platform")
	var able []string
	for _, e := range catalog.Callers {
		able = append(able, e.Name)
	}
	if name := platform.Text(); name != "" && !slices.Contains(able, name) {
		bad(platform, "dial.platform: found %q, expected one that makes calls: %s", clip(name), strings.Join(able, ", "))
	}
	dials := func(t server.Token) bool { return slices.Contains(t.Roles, server.RoleDialler) }
	if open := len(c.Tokens) == 0 && c.OnLoopback() && !c.IsPublic(); !open && !slices.ContainsFunc(c.Tokens, dials) && !c.Unread("api", "tokens") {
		d := c.Missing("api.tokens", "nobody can have calls made: no token has the role dialler")
		d.Severity, d.Hint = flows.Warning, `"callflow config new-token" makes one; put its hash under api.tokens.NAME, with roles: dialler`
		report(d)
	}
	if !c.get("dial", "from").IsSet() && !c.Unread("dial", "from") {
		d := c.Missing("dial.from", "no number is shown to those who are called: set dial.from to one of yours, or have every order bring its own")
		d.Severity = flows.Warning
		report(d)
	}
	if len(c.Dial.Allow) == 0 && !c.Unread("dial", "allow") {
		d := c.Missing("dial.allow", "no number may be called: set dial.allow to how the numbers begin that may")
		d.Severity = flows.Warning
		report(d)
	}
}
