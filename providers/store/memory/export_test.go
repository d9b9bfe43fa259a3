package memory

// Long counts the ids that are kept beside their sessions, for tests.
func (s *Store) Long() int {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	return len(s.sessions.long)
}
