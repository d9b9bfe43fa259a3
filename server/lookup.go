package server

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"callflow/engine/runner"
	"callflow/providers/phone"
)

// Lookup is what the look-up of numbers needs. Without it there is none.
type Lookup struct {
	// Users returns who has a number, E.164.
	Users func(ctx context.Context, number string, limit int) ([]runner.PhoneUser, error)
	// Region is that of numbers without their country's code.
	Region phone.Region
	// Tokens are those that may use it. Without any it is open where Open is set,
	// which is for a loopback address only, and else it is off.
	Tokens []Token
	Open   bool
}

// The routes of the look-up.
const (
	lookupRoute  = "/api/lookup"
	consoleRoute = "/console/lookup"
)

// mostFound bounds how many users of one number are told.
const mostFound = 50

// lookedUp is the answer of a look-up.
type lookedUp struct {
	Number string      `json:"number"`
	Users  []foundUser `json:"users"`
	// More is set when the number has more users than are told.
	More bool `json:"more,omitempty"`
}

type foundUser struct {
	ID      string             `json:"id"`
	Account string             `json:"account,omitempty"`
	Name    string             `json:"name,omitempty"`
	Kinds   []runner.PhoneKind `json:"kinds"`
	Updated time.Time          `json:"updated,omitzero"` // of a directory's user nobody knows it
}

type refusal struct {
	Error string `json:"error"`
}

// lookupHandler answers GET /api/lookup?phone=NUMBER.
func (s *Server) lookupHandler(l *Lookup) echo.HandlerFunc {
	who := newAccess(l.Tokens, l.Open)
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		name, status := who.admit(c.Request(), RoleAgent)
		switch status {
		case http.StatusUnauthorized:
			header.Set("WWW-Authenticate", `Bearer realm="callflow"`)
			s.strange.Warn("look-up refused: no token, or an unknown one", zap.String("peer", s.askedFrom(c.Request())))
			return c.JSON(status, refusal{"a token is needed: Authorization: Bearer TOKEN"})
		case http.StatusForbidden:
			s.deps.Log.Warn("look-up refused: the token has not the role", zap.String("token", name), zap.String("role", RoleAgent))
			return c.JSON(status, refusal{"the token is not one of an agent"})
		case http.StatusTooManyRequests:
			header.Set("Retry-After", "1")
			return c.JSON(status, refusal{"too many look-ups; wait a second"})
		}
		number, ok := l.Region.Normalize(c.QueryParam("phone"))
		if !ok {
			return c.JSON(http.StatusBadRequest, refusal{"this is no number that somebody could have; expected one such as +61412345678"})
		}
		users, err := l.Users(c.Request().Context(), number, mostFound+1)
		if err != nil {
			s.deps.Log.Error("look-up failed", zap.String("token", name), zap.Error(err))
			return c.JSON(http.StatusServiceUnavailable, refusal{"it cannot be said at the moment: the index, or the tenant where the index knows nobody, does not answer"})
		}
		answer := lookedUp{Number: number, Users: []foundUser{}, More: len(users) > mostFound}
		for _, u := range users[:min(len(users), mostFound)] {
			updated := u.UpdatedAt
			if u.FactorsAt.After(updated) {
				updated = u.FactorsAt
			}
			answer.Users = append(answer.Users, foundUser{u.ID, u.Account, u.Name, u.Kinds(number), updated})
		}
		// Who asked about whom, for whoever has to account for it.
		s.deps.Log.Info("look-up", zap.String("token", name), zap.String("number", number), zap.Int("users", len(users)), zap.String("peer", s.askedFrom(c.Request())))
		return c.JSON(http.StatusOK, answer)
	}
}
