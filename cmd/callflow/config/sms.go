package config

import (
	"net/url"
	"slices"
	"strings"

	"callflow/flows"
	"callflow/providers"
	"callflow/providers/phone"
	"callflow/server/gateway"
)

// SMS is who sends messages, to whom, and how many.
type SMS struct {
	// Senders are in the order in which they are asked.
	Senders []Adapter
	// Carriers tell who carries a number; nil: nobody does.
	Carriers *Adapter
	Allow    []string
	Block    gateway.Block
	Limits   gateway.Limits
}

// logSender is the sender that shows what it should send.
const logSender = "log"

// smsSettings are the settings of sms.
func smsSettings(c Catalog) []providers.Setting {
	d := gateway.Defaults()
	rate := func(name string, standard gateway.Rate, doc string) providers.Setting {
		return providers.Setting{Name: "limits." + name, Kind: providers.Rate, Default: standard.String(), Doc: doc}
	}
	var names []string
	for _, e := range c.SMS {
		names = append(names, e.Name)
	}
	all := []providers.Setting{
		{Name: "senders", Kind: providers.Words, Doc: "who sends messages, the first that can: " + list(names)},
		{Name: "allow", Kind: providers.Words, Doc: "how the numbers begin that get messages, such as +61; all others get none"},
		{Name: "block.countries", Kind: providers.Words, Doc: "countries that get none all the same, such as BB, where a prefix has several"},
		{Name: "block.carriers", Kind: providers.Words, Doc: "networks that get none, each by its MCC and MNC, such as 310-456"},
		rate("recipient", d.Recipient, "how many messages one number gets"),
		rate("address", d.Address, "how many one address may ask for"),
		{Name: "limits.shared", Kind: providers.Words, Doc: "addresses, or networks such as 203.0.113.0/24, that many people share and that are not counted: this line's own above all"},
		rate("range", d.Range, "how many go to numbers that differ in their last four digits only"),
		rate("line", d.Line, "how many are sent altogether"),
		{Name: "spend.daily", Kind: providers.Amount, Default: d.Daily.String(), Doc: "what all messages of a day, UTC, may cost"},
		{Name: "spend.cost", Kind: providers.Amount, Default: d.Cost.String(), Doc: "what one message costs"},
		{Name: "spend.prices.*", Kind: providers.Amount, Doc: "what it costs to numbers that begin so; the longest prefix counts"},
		{Name: "spend.lookup", Kind: providers.Amount, Doc: "what it costs to ask who carries a number; left out, nothing"},
	}
	for _, e := range c.SMS {
		all = under(all, e.Name, e.Settings)
	}
	for _, e := range c.Carriers {
		all = under(all, e.Name, e.Settings)
	}
	return all
}

func (c *Config) isSender(word string) bool { return slices.Contains(c.senders, word) }

// sms is who sends messages; nil where nothing is said of it.
func (c *Config) sms(catalog Catalog) *SMS {
	if !c.chosen("sms") {
		return nil
	}
	s := &SMS{}
	senders := c.get("sms", "senders")
	for _, name := range senders.Texts() {
		for _, e := range catalog.SMS {
			if e.Name != name {
				continue
			}
			a, there := c.adapter("sms", name, e.Settings, nil)
			if !there {
				a.pos = senders
			}
			s.Senders = append(s.Senders, a)
		}
	}
	for _, e := range catalog.Carriers {
		if a, there := c.adapter("sms", e.Name, e.Settings, nil); there && s.Carriers == nil {
			s.Carriers = &a
		}
	}
	s.Allow = c.get("sms", "allow").Texts()
	for _, country := range c.get("sms", "block", "countries").Texts() {
		s.Block.Countries = append(s.Block.Countries, strings.ToUpper(country))
	}
	for _, text := range c.get("sms", "block", "carriers").Texts() {
		if carrier, err := gateway.ParseCarrier(text); err == nil {
			s.Block.Carriers = append(s.Block.Carriers, carrier)
		}
	}
	s.Limits = c.smsLimits()
	return s
}

func (c *Config) smsLimits() gateway.Limits {
	rate := func(name string) gateway.Rate {
		r, _ := gateway.ParseRate(c.get("sms", "limits", name).Text())
		return r
	}
	amount := func(path ...string) gateway.Amount {
		a, _ := gateway.ParseAmount(c.get(append([]string{"sms", "spend"}, path...)...).Text())
		return a
	}
	l := gateway.Limits{
		Recipient: rate("recipient"), Address: rate("address"), Range: rate("range"), Line: rate("line"),
		Daily: amount("daily"), Cost: amount("cost"), Lookup: amount("lookup"),
	}
	l.Shared = networks(c.get("sms", "limits", "shared"))
	for _, prefix := range c.names("sms", "spend", "prices") {
		l.Prices = append(l.Prices, gateway.Price{Prefix: prefix, Cost: amount("prices", prefix)})
	}
	return l
}

// missing is a diagnostic about a section that lacks something, where it begins.
func (c *Config) missing(section, format string, args ...any) flows.Diagnostic {
	if pos, there := c.sections[section]; there {
		return flows.Report(flows.CodeMissingKey, c.File, pos, format, args...)
	}
	return c.Missing(section, format, args...)
}

// checkSMS finds messages that nobody sends, or that nobody gets.
func checkSMS(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	if c.SMS == nil {
		return
	}
	each := func(v Value, problem func(text string) string) {
		for _, item := range v.Items {
			if p := problem(item.Text); p != "" {
				at := v
				if item.Pos.Line > 0 {
					at.Origin.Pos = item.Pos
				}
				report(at.report(flows.CodeBadValue, "%s: %s", v.Name, p))
			}
		}
	}
	allow := c.get("sms", "allow")
	if !allow.IsSet() && !c.Unread("sms", "allow") {
		d := c.missing("sms", "nobody may get a message: sms.allow is not set")
		d.Hint = "set sms.allow to how the numbers of your customers begin, such as [\"+61\", \"+64\"]"
		report(d)
	}
	each(allow, func(text string) string {
		_, err := gateway.ParsePrefix(text)
		return words(err)
	})
	each(c.get("sms", "block", "countries"), func(text string) string {
		_, err := phone.ParseRegion(text)
		return words(err)
	})
	carriers := c.get("sms", "block", "carriers")
	each(carriers, func(text string) string {
		_, err := gateway.ParseCarrier(text)
		return words(err)
	})
	if carriers.IsSet() && c.SMS.Carriers == nil {
		d := carriers.report(flows.CodeBadValue, "carriers are blocked, and nobody can tell who carries a number")
		d.Hint = "set sms.twilio_lookup"
		report(d)
	}
	each(c.get("sms", "limits", "shared"), func(text string) string {
		if _, ok := network(text); ok {
			return ""
		}
		return "found " + quoted(text) + ", expected an address or a network, such as 203.0.113.7 or 203.0.113.0/24"
	})
	if l := c.SMS.Limits; l.Cost > l.Daily && c.get("sms", "spend", "daily").IsSet() {
		report(c.get("sms", "spend", "daily").report(flows.CodeBadValue, "a day's messages may cost %s and a single one costs %s: none would be sent", l.Daily, l.Cost))
	}
}

// checkSenders finds senders that are not there, or are not used.
func checkSenders(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	if c.SMS == nil {
		return
	}
	senders := c.get("sms", "senders")
	if !senders.IsSet() && !c.Unread("sms", "senders") {
		if c.Gateway == nil && c.Identity != nil && c.Identity.Name == "auth0" {
			return // the tenant sends codes itself
		}
		d := c.missing("sms", "nobody sends messages: sms.senders is not set")
		d.Hint = "set sms.senders to who sends them, the first that can"
		report(d)
		return
	}
	var known []string
	for _, e := range catalog.SMS {
		known = append(known, e.Name)
	}
	seen := map[string]bool{}
	for _, item := range senders.Items {
		at := senders
		if item.Pos.Line > 0 {
			at.Origin.Pos = item.Pos
		}
		switch {
		case !slices.Contains(known, item.Text):
			d := at.report(flows.CodeBadValue, "there is no sender %q; expected %s", clip(item.Text), list(known))
			d.Hint = flows.Suggest(item.Text, known)
			report(d)
		case seen[item.Text]:
			report(at.report(flows.CodeDuplicateKey, "the sender %q stands twice", item.Text))
		case item.Text == logSender:
			c.checkShown(at, report)
		}
		seen[item.Text] = true
	}
	for _, name := range known {
		if !seen[name] && c.chosen("sms", name) {
			d := flows.Report(flows.CodeBadValue, c.File, c.sections[key([]string{"sms", name})], "%q is set up and sends nothing: it is not among sms.senders", name)
			d.Severity = flows.Warning
			report(d)
		}
	}
}

// checkShown refuses a sender that shows codes where others reach the server.
func (c *Config) checkShown(v Value, report func(flows.Diagnostic)) {
	if !c.OnLoopback() {
		d := v.report(CodeCodesShown, "the sender \"log\" shows codes, and the server listens on %s", c.Listen)
		d.Hint = "use a sender that delivers, or listen on 127.0.0.1"
		report(d)
		return
	}
	if c.IsPublic() {
		d := v.report(CodeCodesShown, "the sender \"log\" shows codes, and the server is reached under %s", c.PublicURL)
		d.Severity = flows.Warning
		report(d)
	}
}

// IsPublic tells whether others reach the server under its public URL.
func (c *Config) IsPublic() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && c.PublicURL != "" && !isLoopback(u.Hostname())
}

// words are an error's, or none.
func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func quoted(s string) string { return `"` + clip(s) + `"` }
