package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"callflow/engine/lazy"
	"callflow/engine/runner/budget"
	"callflow/engine/runner/toll"
	"callflow/flows"
	"callflow/providers"
	"callflow/server/gateway"
)

// Calls are the calls that flows may have made.
type Calls struct {
	// Allow are the numbers that transfers go to.
	Allow []string
	// Chosen lets flows transfer to numbers that callers chose, within Allow.
	Chosen bool
	Limits toll.Limits
}

// rateSetting is the setting of a rate.
func rateSetting(name string, n int, window time.Duration, doc string) providers.Setting {
	return providers.Setting{Name: name, Kind: providers.Rate, Default: gateway.Rate{N: n, Window: window}.String(), Doc: doc}
}

// callsSettings are the settings of calls.
func callsSettings() []providers.Setting {
	d := toll.Defaults()
	return append([]providers.Setting{
		{Name: "allow", Kind: providers.Words, Doc: "the numbers that flows may transfer to: how they begin, such as +61; an extension, whole; or a host of SIP addresses, such as @pbx.example.com. Left out: those that are written out in a flow, and no others"},
		{Name: "chosen", Kind: providers.Bool, Default: "no", Doc: "whether a flow may transfer to a number that a caller chose, by entering it or by calling from it, if calls.allow has it"},
		{Name: "limits.concurrent", Kind: providers.Count, Default: strconv.Itoa(d.Concurrent), Doc: "how many transfers there are at once"},
		{Name: "limits.longest", Kind: providers.Duration, Default: short(d.Longest), Longest: 24 * time.Hour, Doc: "how long a transfer may last, whatever the flow says"},
	}, tollSettings("transfers", d)...)
}

// callbackSettings are the settings of callbacks.
func callbackSettings() []providers.Setting {
	d := toll.CallBacks()
	return append([]providers.Setting{
		{Name: "allow", Kind: providers.Words, Doc: "how the numbers begin that flows may have called back, such as +61; left out, none"},
		{Name: "limits.longest", Kind: providers.Duration, Default: short(d.Longest), Longest: 24 * time.Hour, Doc: "how long a call back is thought to last, for what it costs"},
	}, tollSettings("calls back", d)...)
}

// tollSettings are those that both have.
func tollSettings(what string, d toll.Limits) []providers.Setting {
	rate := func(name string, r toll.Rate, doc string) providers.Setting {
		return rateSetting("limits."+name, r.N, r.Window, doc)
	}
	written := ""
	if what == "transfers" {
		written = "; numbers that are written out in a flow are not counted"
	}
	return []providers.Setting{
		rate("caller", d.Caller, "how many "+what+" one calling number causes"+written),
		rate("number", d.Number, "how many go to one number"+written),
		rate("range", d.Range, "how many go to numbers that differ in their last four digits only"+written),
		rate("line", d.Line, "how many there are altogether"),
		{Name: "spend.daily", Kind: providers.Amount, Doc: "what all " + what + " of a day, UTC, may cost; left out, anything"},
		{Name: "spend.minute", Kind: providers.Amount, Default: "0.00", Doc: "what one minute costs; a call is counted at its longest duration until it is over"},
		{Name: "spend.prices.*", Kind: providers.Amount, Doc: "what it costs to numbers that begin so; the longest prefix counts"},
	}
}

// calls are the calls that flows may have made.
func (c *Config) calls() Calls {
	out := Calls{Allow: c.get("calls", "allow").Texts(), Limits: c.tollLimits("calls")}
	out.Chosen, _ = providers.ParseBool(c.get("calls", "chosen").Text())
	out.Limits.Concurrent, _ = strconv.Atoi(c.get("calls", "limits", "concurrent").Text())
	return out
}

// callbackLimits are those of calls back. Nobody counts how many there are at once:
// they are made by a service.
func (c *Config) callbackLimits() toll.Limits {
	l := c.tollLimits("callbacks")
	l.Concurrent = 1
	return l
}

func (c *Config) tollLimits(section string) toll.Limits {
	rate := func(name string) toll.Rate {
		r, _ := gateway.ParseRate(c.get(section, "limits", name).Text())
		return toll.Rate{N: r.N, Window: r.Window}
	}
	amount := func(path ...string) int {
		a, _ := gateway.ParseAmount(c.get(append([]string{section, "spend"}, path...)...).Text())
		return int(a)
	}
	l := toll.Limits{
		Caller: rate("caller"), Number: rate("number"), Range: rate("range"), Line: rate("line"),
		Daily: amount("daily"), Minute: amount("minute"),
	}
	l.Longest, _ = time.ParseDuration(c.get(section, "limits", "longest").Text())
	for _, prefix := range c.names(section, "spend", "prices") {
		l.Prices = append(l.Prices, toll.Price{Prefix: prefix, Minute: amount("prices", prefix)})
	}
	return l
}

var (
	extensionForm = lazy.Regexp(`^[0-9*#]{2,8}$`)
	hostForm      = lazy.Regexp(`^@[A-Za-z0-9.-]+$`)
)

// checkCalls finds calls that nobody may have made, and limits that let none through.
func checkCalls(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	for _, section := range [...]string{"calls", "callbacks"} {
		allow, expected := c.get(section, "allow"), "how numbers begin, such as +61"
		if section == "calls" {
			expected += ", an extension such as 1001, or a host such as @pbx.example.com"
		}
		for _, item := range allow.Items {
			if section == "calls" && (extensionForm().MatchString(item.Text) || hostForm().MatchString(item.Text)) {
				continue
			}
			if _, err := gateway.ParsePrefix(item.Text); err != nil {
				at := allow
				if item.Pos.Line > 0 {
					at.Origin.Pos = item.Pos
				}
				report(at.report(flows.CodeBadValue, "%s: found %q, expected %s", allow.Name, clip(item.Text), expected))
			}
		}
	}
	if chosen := c.get("calls", "chosen"); c.Calls.Chosen && len(c.Calls.Allow) == 0 && !c.Unread("calls", "allow") {
		d := chosen.report(flows.CodeBadValue, "callers may choose the numbers that they are transferred to, and calls.allow does not say which")
		d.Hint = "set calls.allow to how the numbers begin that cost you little, such as [\"+61\"]"
		report(d)
	}
	for _, section := range [...]string{"calls", "callbacks", "dial"} {
		for _, prefix := range c.names(section, "spend", "prices") {
			if _, err := gateway.ParsePrefix(prefix); err != nil {
				report(c.get(section, "spend", "prices", prefix).report(flows.CodeBadValue, "%s.spend.prices: %s", section, err))
			}
		}
		if section == "dial" && c.Dial == nil {
			continue
		}
		l, daily := c.tollLimits(section), c.get(section, "spend", "daily")
		if cost := l.Minute * int((l.Longest+time.Minute-1)/time.Minute); daily.IsSet() && cost > l.Daily {
			d := daily.report(flows.CodeBadValue, "a day's calls may cost %s, and a single one of %s costs %s: none would be made", gateway.Amount(l.Daily), short(l.Longest), gateway.Amount(cost))
			d.Hint = fmt.Sprintf("set %s.limits.longest to how long calls really last", section)
			report(d)
		}
	}
}

// CheckCalls finds transfers and calls back in flows that would all be refused.
func (c *Config) CheckCalls(file string, source []byte) flows.Diagnostics {
	doc, _ := flows.Parse(file, source)
	if doc == nil {
		return nil
	}
	var ds flows.Diagnostics
	warn := func(pos flows.Pos, hint, format string, args ...any) {
		d := flows.Report(CodeNumberNotAllowed, file, pos, format, args...)
		d.Severity, d.Hint = flows.Warning, hint
		ds = append(ds, d)
	}
	for _, s := range doc.States {
		switch k := s.Kind.(type) {
		case *flows.CallbackDecl:
			if k.Number.IsSet() && len(c.Callbacks) == 0 && !c.Unread("callbacks", "allow") {
				warn(s.Word.Pos, "set callbacks.allow to how the numbers of your callers begin, such as [\"+61\"]",
					"the state %q promises calls back, and the installation allows none: all would be rejected", s.Name.Value)
			}
		case *flows.TransferDecl:
			to := k.To.Value
			e164, _ := c.Region.Normalize(to)
			computed := strings.Contains(to, "${")
			switch {
			case !k.To.IsSet() || c.Unread("calls", "allow"):
			case computed && len(c.Calls.Allow) == 0:
				warn(k.To.Pos, "set calls.allow to how the numbers begin that it may be, such as [\"+61\"]",
					"the number that %q calls is not written out, and the installation allows no others: all would be refused", s.Name.Value)
			case !computed && e164 != "" && len(c.Calls.Allow) > 0 && !toll.Allows(c.Calls.Allow, to, e164):
				warn(k.To.Pos, "add it to calls.allow", "the number %s is not among those of calls.allow: the transfer would be refused", to)
			}
		}
	}
	return ds
}

// codesSettings are the settings of codes.
func codesSettings() []providers.Setting {
	d := budget.Defaults()
	rate := func(name string, r budget.Rate, doc string) providers.Setting {
		return rateSetting("limits."+name, r.Free, r.Window, doc)
	}
	return []providers.Setting{
		rate("caller", d.Caller, "how many codes one calling number gets"),
		rate("number", d.Number, "how many are sent to one number"),
		rate("line", d.Line, "how many are sent altogether; Auth0 lets the line, which is one address to it, start 50 an hour"),
		rate("wrong", d.Wrong, "how many wrong codes one calling number may enter"),
	}
}

// codeLimits are how many codes are sent.
func (c *Config) codeLimits() budget.Limits {
	rate := func(name string) budget.Rate {
		r, _ := gateway.ParseRate(c.get("codes", "limits", name).Text())
		return budget.Rate{Free: r.N, Window: r.Window}
	}
	return budget.Limits{Caller: rate("caller"), Number: rate("number"), Line: rate("line"), Wrong: rate("wrong")}
}
