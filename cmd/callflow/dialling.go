package main

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/engine/runner/toll"
	"callflow/flows"
	"callflow/providers"
	"callflow/server"
)

// openCaller makes whoever asks a platform for calls, if anything is said of that.
func (in *installation) openCaller(a config.Adapter) {
	for _, e := range providers.Callers() {
		if e.Name != a.Name {
			continue
		}
		if in.config.Unread("platforms", a.Name) {
			in.unsure = append(in.unsure, a.Name)
			continue
		}
		p, err := e.Open(a.Section)
		switch {
		case err != nil:
			in.unsure = append(in.unsure, a.Name)
			in.report(a.Report("%s", strings.TrimPrefix(err.Error(), a.Name+": ")))
		case p != nil:
			in.callers = append(in.callers, p)
		}
	}
}

// checkDialling finds an installation that says how calls are made, and has nobody who
// makes them.
func (in *installation) checkDialling() {
	d := in.config.Dial
	if d == nil {
		return
	}
	in.checkCallTimes(d.Settings)
	name := d.Settings.Platform
	able := slices.Clone(in.unsure) // what is wrong with those has been said
	for _, p := range in.callers {
		able = append(able, p.Name())
	}
	switch {
	case name == "" && len(able) > 0, slices.Contains(able, name):
	case name != "" && needs(name) == "": // nobody's calls are made by it, which has been said
	case len(able) == 0:
		r := in.config.AtDial("no platform can make calls: dial says how, and none has what it takes")
		r.Hint = "give a platform what it needs for them: " + needs("")
		in.report(r)
	default:
		r := in.config.AtDial("dial.platform is %s, which has not what it takes to make calls", name)
		r.Hint = "it needs " + needs(name)
		in.report(r)
	}
}

// checkCallTimes finds times that a platform makes others of.
func (in *installation) checkCallTimes(s outbound.Settings) {
	for _, p := range in.callers {
		bounded, ok := p.(outbound.Bounded)
		if !ok || s.Platform != "" && s.Platform != p.Name() {
			continue
		}
		ring, longest := bounded.Bounds().Of(s.Ring, s.Longest)
		for _, c := range []struct {
			setting        string
			asked, becomes time.Duration
		}{{"ring", s.Ring, ring}, {"limits.longest", s.Longest, longest}} {
			if c.asked > 0 && c.becomes != c.asked {
				r := in.config.AtDial("calls by %s: dial.%s (%s) becomes %s, which is what it takes", p.Name(), c.setting, c.asked, c.becomes)
				r.Severity = flows.Warning
				in.report(r)
			}
		}
	}
}

// needs says what platforms need to make calls: the one of a name, or, for "", all.
func needs(platform string) string {
	var all []string
	for _, e := range providers.Callers() {
		switch platform {
		case e.Name:
			return "platforms." + e.Name + ": " + e.Doc
		case "":
			all = append(all, e.Name+" ("+e.Doc+")")
		}
	}
	return strings.Join(all, "; ")
}

// desk takes orders of calls; nil: nobody can give any.
func (in *installation) desk(store runner.Store, sealer engine.Sealer, promised *promises, tolls *toll.Toll, public string, log *zap.Logger, now func() time.Time) (*outbound.Desk, error) {
	d := in.config.Dial
	if d == nil {
		return nil, nil //nolint:nilnil // there is none, which is no mistake
	}
	ordered, err := tolls.Ordered()
	if err != nil {
		return nil, err
	}
	return outbound.New(outbound.Deps{
		Store: store, Sealer: sealer, Promiser: promised, Programs: programs{in.bundle, in.options}, Flows: in.bundle.Routable, Platforms: in.callers,
		Tolls: ordered, Allows: ordered.Allows, Normalize: in.config.Region.Normalize, Nonce: nonce,
		AnswerURL: func(platform, flow, token string) string { return server.AnswerURL(public, platform, flow, token) },
		StatusURL: func(platform, token string) string { return server.FollowURL(public, platform, token) },
		Settings:  d.Settings, Log: log.Named("calls"), Now: now,
	})
}

// nonce is a word that nobody guesses.
func nonce() string { return strings.ToLower(rand.Text()) }
