package config

import (
	"strings"

	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/providers"
	"callflow/providers/sms"
	"callflow/providers/telephony"
	"callflow/server"
)

// Catalog is what an installation can choose from.
type Catalog struct {
	Telephony []providers.Entry[telephony.Codec]
	Identity  []providers.Entry[runner.Authenticator]
	Stores    []providers.Entry[runner.Store]
	SMS       []providers.Entry[sms.Sender]
	Carriers  []providers.Entry[sms.Carriers]
	// Callers are the platforms that make calls; their settings are among those of
	// Telephony.
	Callers []providers.Entry[outbound.Platform]
}

// free stands in a setting's name for a name that the installation chooses.
const free = "*"

// settingsAbout is how many settings there are, or a few more.
const settingsAbout = 256

// Settings are all settings, in the order in which they are shown, with "*" for
// the names that an installation chooses itself.
func Settings(c Catalog) []providers.Setting {
	all := append(make([]providers.Setting, 0, settingsAbout), []providers.Setting{
		{Name: "flows", Kind: providers.Paths, Doc: "files of flows, or folders with a flow.yaml"},
		{Name: "numbers.*.flow", Kind: providers.Word, Required: true, Doc: "the flow that answers a called number; \"+6125550*\" stands for all that begin so, and \"*\" for all others"},
		{Name: "numbers.*.language", Kind: providers.Word, Doc: "the language in which it begins; left out, the flow's first"},
		{Name: "numbers.*.platforms.*", Kind: providers.Word, Doc: "another flow for calls that come through this platform"},
		{Name: "numbers.*.headers.*", Kind: providers.Word, Doc: "another flow for calls whose SIP invitation has this header, such as \"X-Line: sales\""},
		{Name: "region", Kind: providers.Word, Doc: "the country whose numbers are written without their country's code, such as AU; left out, none"},
		{Name: "server.listen", Kind: providers.Address, Default: "127.0.0.1:8080", Doc: "where to listen for webhooks"},
		{Name: "server.public_url", Kind: providers.URL, Doc: "how platforms reach this server; required unless it listens on a loopback address"},
		{Name: "server.linger", Kind: providers.Duration, Default: "1s", Zero: true, Doc: "how long to go on taking calls after a stop signal, while not ready; 0s: not at all"},
		{Name: "server.drain", Kind: providers.Duration, Default: "25s", Doc: "how long running turns may take after that"},
		{Name: "server.trusted_proxies", Kind: providers.Words, Doc: "the addresses, or networks, of what hands webhooks on: from there, X-Forwarded-For says where they come from; left out, nobody's word is taken"},
		{Name: "store", Kind: providers.Text, Default: "memory", Doc: "where running calls are kept: memory, or bolt:PATH for a file that survives a restart"},
		{Name: "seal_key", Kind: providers.Secrets, Doc: "what seals the store's contents, from \"callflow config new-key\"; a new one goes in front of the old"},
	}...)
	for _, e := range c.Telephony {
		all = under(all, "platforms."+e.Name, e.Settings)
		all = under(all, "platforms."+e.Name, fromSetting())
	}
	for _, e := range c.Identity {
		all = under(all, "identity."+e.Name, e.Settings)
	}
	all = under(all, "lockout", lockoutSettings())
	all = under(all, "index", indexSettings())
	for _, e := range c.Telephony {
		all = under(all, "voices."+e.Name+".*", e.Voice)
	}
	all = under(all, "calls", callsSettings())
	all = under(all, "callbacks", callbackSettings())
	all = under(all, "dial", dialSettings())
	all = under(all, "codes", codesSettings())
	all = under(all, "sms", smsSettings(c))
	all = under(all, "auth0_gateway", gatewaySettings())
	all = under(all, "auth0_logs", logSettings())
	return append(all,
		providers.Setting{Name: "services.*.url", Kind: providers.URL, Required: true, Doc: "where the service is"},
		providers.Setting{Name: "services.*.timeout", Kind: providers.Duration, Default: "3s", Doc: "how long one answer may take"},
		providers.Setting{Name: "services.*.headers.*", Kind: providers.Secret, Doc: "a header field sent with every request"},
		providers.Setting{Name: "services.*.idempotent", Kind: providers.Bool, Default: "yes", Doc: "whether an action may be sent again under its key"},
		providers.Setting{Name: "services.*.private", Kind: providers.Bool, Default: "no", Doc: "whether the service may be at a private address"},
		providers.Setting{Name: "api.tokens.*.hash", Kind: providers.Word, Required: true, Doc: "the hash of a token that may use the API, from \"callflow config new-token\""},
		providers.Setting{Name: "api.tokens.*.roles", Kind: providers.Text, Default: server.RoleAgent, Doc: "what it may do: agent, to look up whose a number is, monitor, to read /metrics, or dialler, to have calls made; or several"},
		providers.Setting{Name: "words.*", Kind: providers.Path, Doc: "a file of built-in words, by language"},
		providers.Setting{Name: "record", Kind: providers.Path, Doc: "a folder in which calls are kept as fixtures, without what belongs to the caller; left out, none are"},
		providers.Setting{Name: "record_calls", Kind: providers.Words, Doc: "which ones: flow:NAME, number:+61255500100, and a share such as 1/100; left out, all"},
		providers.Setting{Name: "record_space", Kind: providers.Count, Default: "100", Doc: "how many megabytes they may take: the oldest make room"},
		providers.Setting{Name: "log.level", Kind: providers.Word, Default: "info", Doc: "debug, info, warn or error"},
		providers.Setting{Name: "log.format", Kind: providers.Word, Default: "auto", Doc: "json, text, or auto: text on a terminal"},
	)
}

// under adds settings to all, with a name in front of theirs.
func under(all []providers.Setting, prefix string, settings []providers.Setting) []providers.Setting {
	for _, s := range settings {
		s.Name = strings.TrimSuffix(prefix+"."+s.Name, ".")
		all = append(all, s)
	}
	return all
}

// shorthand are settings whose value may stand in place of their section:
// "+61255500100": authzero.
var shorthand = [...]string{"numbers.*.flow"}

// EnvName is a setting's name in the environment; "" for one whose name the
// installation chooses in part.
func EnvName(s providers.Setting) string {
	if strings.Contains(s.Name, free) {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_"))
}

const envPrefix = "CALLFLOW_"

// FlagName is a setting's name as a flag, without its dashes; "" for one that has
// none.
func FlagName(s providers.Setting) string {
	if strings.Contains(s.Name, free) || s.Kind == providers.Secret || s.Kind == providers.Secrets {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' {
			return '-'
		}
		return r
	}, s.Name)
}

// section is a node of the tree that settings' names make.
type section struct {
	name string // "services.*"
	keys []string
	sub  map[string]*section
	any  *section           // under a name that the installation chooses
	self *providers.Setting // the value that may stand here
}

func newTree(settings []providers.Setting) *section {
	root := &section{}
	for i := range settings {
		root.add(&settings[i]).self = &settings[i]
	}
	for i := range settings {
		for _, name := range shorthand {
			if settings[i].Name == name {
				root.find(name[:strings.LastIndex(name, ".")]).self = &settings[i]
			}
		}
	}
	return root
}

func (s *section) add(setting *providers.Setting) *section {
	for word := range strings.SplitSeq(setting.Name, ".") {
		next := s.at(word)
		if next == nil {
			next = &section{name: strings.TrimPrefix(s.name+"."+word, ".")}
			if word == free {
				s.any = next
			} else {
				if s.sub == nil {
					s.sub = map[string]*section{}
				}
				s.sub[word] = next
				s.keys = append(s.keys, word)
			}
		}
		s = next
	}
	return s
}

func (s *section) at(word string) *section {
	if word == free {
		return s.any
	}
	return s.sub[word]
}

func (s *section) find(name string) *section {
	for word := range strings.SplitSeq(name, ".") {
		s = s.at(word)
	}
	return s
}

// isSection tells whether there is anything below.
func (s *section) isSection() bool { return s.any != nil || len(s.keys) > 0 }
