package engine

import "strconv"

type step struct{}

func itoa(n int) string { return strconv.Itoa(n) }
func (s *Session) root(string) (any, error) { return nil, nil }
func (s *Session) field([]string) (Value, bool) { return nil, false }
