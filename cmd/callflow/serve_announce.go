package main

import (
	"fmt"
	"net"
	"slices"
	"text/tabwriter"

	"callflow/providers"
	"callflow/providers/telephony"
	"callflow/server"
)

// announce says what there is to be told to platforms, and to others that post.
func (c *Command) announce(in *installation, srv *server.Server, addr net.Addr) error {
	tw := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "callflow listens on %s\n", addr)
	var flows []string
	if routable := in.bundle.Routable(); len(in.config.Numbers) > 0 || len(routable) == 1 {
		flows = append([]string{""}, routable...)
	} else {
		flows = routable
	}
	entries := providers.Telephony()
	for _, codec := range in.codecs {
		i := slices.IndexFunc(entries, func(e providers.Entry[telephony.Codec]) bool { return e.Name == codec.Name() })
		for _, f := range fields(entries[i], flows, srv) {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", codec.Name(), f.what, f.address)
		}
	}
	for _, p := range in.callers {
		if in.config.Dial != nil {
			fmt.Fprintf(tw, "%s\tmakes calls\tcallflow dial, or POST http://%s/api/calls\n", p.Name(), reachable(addr.String()))
		}
	}
	for _, address := range srv.InboxURLs() {
		fmt.Fprintf(tw, "auth0\tposts to\t%s\n", address)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	printNotes(c.Stdout, in.notes)
	return nil
}

// field is what is entered in a platform's console.
type field struct{ what, address string }

// addresses are those of a server.
type addresses interface {
	StartURL(platform, flow string) string
	StatusURL(platform string) string
}

// fields are what a platform wants to be told: nothing that its console has no field
// for. The flow "" is that of the called number.
func fields(e providers.Entry[telephony.Codec], flows []string, of addresses) []field {
	var all []field
	for _, flow := range flows {
		what := "calls"
		if flow != "" {
			what += " of " + flow
		}
		address := of.StartURL(e.Name, flow)
		all = append(all, field{what, address})
		if e.Fallback { // without the parameter nobody could tell that the call is lost
			all = append(all, field{"where that fails", telephony.WithParam(address, telephony.LostParam, telephony.LostValue)})
		}
	}
	if e.Status {
		all = append(all, field{"call status", of.StatusURL(e.Name)})
	}
	return all
}
