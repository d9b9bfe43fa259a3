package config

import (
	"strconv"
	"strings"
	"time"

	"callflow/engine/runner/lockout"
	"callflow/flows"
	"callflow/providers"
)

// lockoutSettings are the settings of lockout.
func lockoutSettings() []providers.Setting {
	d := lockout.Defaults()
	count := func(name string, standard int, doc string) providers.Setting {
		return providers.Setting{Name: name, Kind: providers.Count, Default: strconv.Itoa(standard), Doc: doc}
	}
	length := func(name string, standard time.Duration, doc string) providers.Setting {
		return providers.Setting{Name: name, Kind: providers.Duration, Default: short(standard), Longest: 24 * time.Hour, Doc: doc}
	}
	limit := func(name, who string, l lockout.Limit) []providers.Setting {
		return []providers.Setting{
			count(name+".free", l.Free, "how many refused sign-ins "+who+" may have before the next must wait"),
			length(name+".wait", l.Wait, "the first wait; each refused sign-in after it doubles the next"),
			length(name+".max", l.Max, "the longest wait"),
			length(name+".forget", l.Forget, "how long it takes until one refused sign-in is forgotten"),
		}
	}
	all := []providers.Setting{
		{Name: "off", Kind: providers.Bool, Default: "no", Doc: "let anybody guess PINs as often as they like; only where the identity provider itself tells callers apart"},
		{Name: "known", Kind: providers.Bool, Default: "yes", Doc: "count a caller apart who has signed in to the account from the same number before, so that others cannot keep them out"},
	}
	all = append(all, limit("account", "an account", d.Account)...)
	all = append(all, limit("number", "a calling number", d.Number)...)
	return append(all,
		count("trunk.free", d.Trunk.Free, "how many refused sign-ins all callers of one platform account may have in a window"),
		length("trunk.window", d.Trunk.Window, "how long that window is"),
	)
}

// short is a length of time as people write it: 1h, not 1h0m0s.
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// lockout are the limits, or nil.
func (c *Config) lockout() *lockout.Limits {
	if off, _ := providers.ParseBool(c.get("lockout", "off").Text()); off {
		return nil
	}
	length := func(path ...string) time.Duration {
		d, _ := time.ParseDuration(c.get(append([]string{"lockout"}, path...)...).Text())
		return d
	}
	count := func(name string) int {
		n, _ := strconv.Atoi(c.get("lockout", name, "free").Text())
		return n
	}
	limit := func(name string) lockout.Limit {
		return lockout.Limit{Free: count(name), Wait: length(name, "wait"), Max: length(name, "max"), Forget: length(name, "forget")}
	}
	l := lockout.Limits{
		Account: limit("account"),
		Number:  limit("number"),
		Trunk:   lockout.Rate{Free: count("trunk"), Window: length("trunk", "window")},
	}
	l.Known, _ = providers.ParseBool(c.get("lockout", "known").Text())
	return &l
}

// checkLockout finds limits that do not go together, and a line without any.
func checkLockout(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	if c.Lockout == nil {
		v := c.get("lockout", "off")
		d := v.report(CodeLockoutOff, "lockout is off: whoever calls may try all PINs of an account")
		d.Severity = flows.Warning
		d.Hint = "raise the limits instead, such as lockout.account.free"
		report(d)
		return
	}
	for _, p := range c.Lockout.Problems() {
		section, name, _ := strings.Cut(p.Setting, ".")
		v := c.get("lockout", section, name)
		if v.Origin.Kind == Default {
			v = c.get("lockout", section, "wait") // which was set against it
		}
		if !v.IsSet() {
			continue // it was wrong by itself, and reported
		}
		report(v.report(flows.CodeBadValue, "lockout.%s %s", p.Setting, p.Message))
	}
}
