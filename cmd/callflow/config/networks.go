package config

import (
	"net/netip"
	"net/url"

	"callflow/flows"
	"callflow/providers"
)

// fromSetting is what every platform has beside its own settings.
func fromSetting() []providers.Setting {
	return []providers.Setting{{
		Name: "from", Kind: providers.Words,
		Doc: "the addresses, or networks such as 203.0.113.0/24, that its webhooks come from; left out, any",
	}}
}

// network reads an address, or a network. IPv4 ones in IPv6 are taken for what they
// are.
func network(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), a.Zone() == ""
	}
	p, err := netip.ParsePrefix(text)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), err == nil
}

// networks reads those that are some; checkNetworks tells of the others.
func networks(v Value) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range v.Texts() {
		if p, ok := network(text); ok {
			all = append(all, p)
		}
	}
	return all
}

// checkNetworks finds networks that are none, and lists of them that let nobody in:
// behind a proxy every webhook comes from the proxy.
func checkNetworks(c *Config, catalog Catalog, report func(flows.Diagnostic)) {
	each := func(v Value) {
		for _, item := range v.Items {
			if _, ok := network(item.Text); ok {
				continue
			}
			at := v
			if item.Pos.Line > 0 {
				at.Origin.Pos = item.Pos
			}
			report(at.report(flows.CodeBadValue, "%s: found %q, expected an address or a network, such as 203.0.113.7 or 203.0.113.0/24", v.Name, clip(item.Text)))
		}
	}
	proxies := c.get("server", "trusted_proxies")
	each(proxies)
	for _, e := range catalog.Telephony {
		from := c.get("platforms", e.Name, "from")
		each(from)
		u, err := url.Parse(c.PublicURL)
		if !from.IsSet() || proxies.IsSet() || !c.OnLoopback() || err != nil || c.PublicURL == "" || isLoopback(u.Hostname()) {
			continue
		}
		d := from.report(flows.CodeBadValue, "the server listens on %s, so that something in front of it hands webhooks on: all come from there, and %s.from is not about that", c.Listen, "platforms."+e.Name)
		d.Severity = flows.Warning
		d.Hint = "set server.trusted_proxies to the address of what hands them on, such as 127.0.0.1"
		report(d)
	}
}
