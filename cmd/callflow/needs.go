package main

import (
	"callflow/cmd/callflow/config"
	"callflow/flows"
)

// needs finds states that ask who callers are, or send codes, where nobody could
// answer.
func (in *installation) needs() flows.Diagnostics {
	var ds flows.Diagnostics
	for _, name := range in.bundle.Names() {
		file := in.bundle.Files[name]
		doc, _ := flows.Parse(file, in.bundle.Sources[file])
		if doc == nil {
			continue
		}
		for _, s := range doc.States {
			if d, lacks := in.lack(s); lacks {
				d.File, d.Pos = file, s.Word.Pos
				ds = append(ds, d)
			}
		}
	}
	return ds
}

// What to do about a lack.
const (
	setIdentity = "set identity.directory to a file of users, or identity.auth0 to a tenant"
	setAllow    = "set sms.allow to how the numbers of your customers begin, such as [\"+61\", \"+64\"]"
	setSenders  = "set sms.senders to who sends messages, and sms.allow to who gets them"
)

// lack is what a state needs and the installation has not.
func (in *installation) lack(s *flows.StateDecl) (d flows.Diagnostic, lacks bool) {
	report := func(code flows.Code, hint, format string, args ...any) (flows.Diagnostic, bool) {
		d := flows.Report(code, "", flows.Pos{}, format, args...)
		d.Hint = hint
		return d, true
	}
	name, identity := s.Name.Value, in.config.Identity
	directory := identity != nil && identity.Name == "directory"
	switch kind := s.Kind.(type) {
	case *flows.AuthenticateDecl:
		if identity == nil {
			return report(config.CodeMissingIdentity, setIdentity, "the state %q signs callers in, and no identity provider is configured", name)
		}
	case *flows.VerifyDecl:
		if identity == nil {
			return report(config.CodeMissingIdentity, setIdentity, "the state %q checks codes, and no identity provider is configured", name)
		}
	case *flows.IdentifyDecl:
		if identity == nil && !in.config.Store.Durable {
			d, _ = report(config.CodeMissingIdentity, setIdentity, "the state %q finds nobody: no identity provider is configured, and the store keeps no index of numbers", name)
			d.Severity = flows.Warning
			return d, true
		}
	case *flows.ChallengeDecl:
		switch sms := in.config.SMS; {
		case identity == nil:
			return report(config.CodeMissingIdentity, setIdentity, "the state %q sends codes, and no identity provider is configured", name)
		case directory && sms == nil:
			return report(config.CodeMissingSender, setSenders, "the state %q sends codes, and nobody sends messages: sms is not set", name)
		case kind.Factor: // who signs callers in knows where it goes
		case sms == nil:
			return report(config.CodeMissingSender, setAllow, "the state %q sends codes, and no number may get one: sms.allow is not set", name)
		}
	}
	return d, false
}
