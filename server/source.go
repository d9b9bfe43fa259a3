package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxForwarded bounds the addresses that are looked at in one request.
const maxForwarded = 32

// source tells whether hooks may come from where they come from. None: from
// anywhere.
type source struct {
	from    []netip.Prefix
	proxies []netip.Prefix
}

// check looks at nothing but addresses: the connection's, and behind a proxy that is
// trusted the one that it names.
func (s source) check(r *http.Request) error {
	if len(s.from) == 0 {
		return nil
	}
	at, err := s.origin(r)
	if err != nil {
		return err
	}
	if !isIn(s.from, at) {
		return fmt.Errorf("it comes from %s, which is none of the platform's networks", at)
	}
	return nil
}

// origin is the nearest address that is not one of our proxies'. Each proxy appends
// the address that it was asked from, so what stands left of the first stranger was
// written by the stranger, and is not looked at.
func (s source) origin(r *http.Request) (netip.Addr, error) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, errors.New("it comes from no address")
	}
	at := plain(peer.Addr())
	lines := slices.Clone(r.Header.Values("X-Forwarded-For"))
	for seen := 0; isIn(s.proxies, at); {
		if len(lines) == 0 {
			return netip.Addr{}, fmt.Errorf("the proxy %s does not say in X-Forwarded-For where it comes from", at)
		}
		last := len(lines) - 1
		before, word, more := cutLast(lines[last])
		if more {
			lines[last] = before
		} else {
			lines = lines[:last]
		}
		if seen++; seen > maxForwarded {
			return netip.Addr{}, errors.New("X-Forwarded-For has more addresses than anybody's proxies")
		}
		if at, err = parseForwarded(word); err != nil {
			return netip.Addr{}, err
		}
	}
	return at, nil
}

// askedFrom is where a request comes from, for the log.
func (s *Server) askedFrom(r *http.Request) string {
	at, err := source{proxies: s.deps.Proxies}.origin(r)
	if err != nil {
		return r.RemoteAddr
	}
	return at.String()
}

// cutLast cuts a list at its last comma.
func cutLast(list string) (before, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// parseForwarded reads an address, with a port behind it as some proxies write it.
func parseForwarded(word string) (netip.Addr, error) {
	word = strings.TrimSpace(word)
	if at, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")); err == nil {
		return plain(at), nil
	}
	if at, err := netip.ParseAddrPort(word); err == nil {
		return plain(at.Addr()), nil
	}
	return netip.Addr{}, errors.New("X-Forwarded-For holds something that is no address")
}

// plain is an address as networks are written: an IPv4 address in an IPv6 one is
// the IPv4 address.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func isIn(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
