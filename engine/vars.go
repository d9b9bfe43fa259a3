package engine

import (
	"fmt"
	"slices"
	"strings"
)

// set gives a variable a value. The slice is copied: the session it came from
// keeps its own.
func (s *Session) set(name string, v Value) {
	name = s.scoped(name)
	for i := range s.Vars {
		if s.Vars[i].Name == name {
			s.Vars = slices.Clone(s.Vars)
			s.Vars[i].Value = v
			return
		}
	}
	s.Vars = append(slices.Clip(s.Vars), Var{name, v})
}

// scoped is a name in the scope of the step that runs.
func (s *Session) scoped(name string) string {
	if s.Scope == "" {
		return name
	}
	return s.Scope + name
}

// forget takes away what the sub-flow that a state entered has left behind, and
// what it gave back.
func (s *Session) forget(site string) {
	site = s.scoped(site)
	inner := func(v Var) bool {
		rest, ok := strings.CutPrefix(v.Name, site)
		return ok && (rest == "" || rest[0] == '.')
	}
	if slices.ContainsFunc(s.Vars, inner) {
		s.Vars = slices.DeleteFunc(slices.Clone(s.Vars), inner)
	}
}

// Var is the value of a variable; nil: not set.
func (s *Session) Var(name string) Value {
	name = s.scoped(name)
	for i := range s.Vars {
		if s.Vars[i].Name == name {
			return s.Vars[i].Value
		}
	}
	return nil
}

// holds tells whether a fact has been proved.
func (s *Session) holds(fact string) bool {
	switch fact {
	case FactAuthenticated:
		return s.Caller != nil
	case FactPhoneVerified:
		return s.Phone != ""
	}
	return false
}

// field reads a name, or a field of a name.
func (s *Session) field(path []string) (Value, bool) {
	if len(path) == 2 {
		switch path[0] {
		case "call":
			return s.callField(path[1])
		case "caller":
			return s.callerField(path[1])
		}
		r, ok := s.Var(path[0]).(Record)
		if !ok {
			return nil, false
		}
		for i := range r {
			if r[i].Name == path[1] {
				return r[i].Value, true
			}
		}
		return nil, false
	}
	switch v := s.Var(path[0]).(type) {
	case string, float64, bool, Record, List:
		return v, true
	}
	return nil, false
}

func (s *Session) callField(name string) (Value, bool) {
	switch name {
	case "from":
		return s.Call.From, true
	case "to":
		return s.Call.To, true
	case "id":
		return s.Call.ID, true
	case "name":
		return s.Call.Name, true
	case "platform":
		return s.Call.Platform, true
	case "language":
		return s.Lang, true
	case "direction":
		return s.Call.direction(), true
	case "answered_by":
		return s.Call.answeredBy(), true
	}
	return nil, false
}

func (s *Session) callerField(name string) (Value, bool) {
	if name == "phone" {
		return s.Phone, s.Phone != "" || s.Caller != nil
	}
	if s.Caller == nil {
		return nil, false
	}
	switch name {
	case "account":
		return s.Caller.Account, true
	case "id":
		return s.Caller.ID, true
	case "greeting":
		return s.Caller.Greeting, true
	}
	return nil, false
}

// root is a name's value as the expression library takes it.
func (s *Session) root(name string) (any, error) {
	switch name {
	case "call":
		return map[string]any{"from": s.Call.From, "to": s.Call.To, "id": s.Call.ID, "name": s.Call.Name, "platform": s.Call.Platform, "language": s.Lang, "direction": s.Call.direction(), "answered_by": s.Call.answeredBy()}, nil
	case "caller":
		switch {
		case s.Caller != nil:
			return map[string]any{"account": s.Caller.Account, "id": s.Caller.ID, "greeting": s.Caller.Greeting, "phone": s.Phone}, nil
		case s.Phone != "":
			return map[string]any{"phone": s.Phone}, nil
		}
	default:
		switch v := s.Var(name).(type) {
		case string, float64, bool, Record, List:
			return loose(v), nil
		}
	}
	return nil, fmt.Errorf("%s has no value yet", name)
}

// visit counts an arrival and returns how many there were.
func (s *Session) visit(name string) int {
	s.Visits = bump(s.Visits, name)
	return count(s.Visits, name)
}

func find(counts []Count, name string) (int, bool) {
	return slices.BinarySearchFunc(counts, name, func(c Count, name string) int {
		switch {
		case c.Name < name:
			return -1
		case c.Name > name:
			return 1
		}
		return 0
	})
}

func count(counts []Count, name string) int {
	if i, ok := find(counts, name); ok {
		return counts[i].N
	}
	return 0
}

func bump(counts []Count, name string) []Count {
	i, ok := find(counts, name)
	counts = slices.Clone(counts)
	if !ok {
		counts = slices.Insert(counts, i, Count{Name: name})
	}
	counts[i].N++
	return counts
}

func reset(counts []Count, name string) []Count {
	i, ok := find(counts, name)
	if !ok {
		return counts
	}
	return slices.Delete(slices.Clone(counts), i, i+1)
}
