package vonage

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"callflow/engine"
)

// tokenLife is how long a token is good for. One is made for each request.
const tokenLife = 5 * time.Minute

// parseKey reads an application's private key, as Vonage's dashboard gives it.
func parseKey(text engine.Secret) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errors.New("vonage: private_key is no PEM: expected -----BEGIN PRIVATE KEY-----")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	any8, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("vonage: private_key cannot be read: expected an RSA key")
	}
	key, ok := any8.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("vonage: private_key is a %T, expected an RSA key", any8)
	}
	return key, nil
}

// token signs a token of the application.
func token(application string, key *rsa.PrivateKey, id string, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"application_id": application, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": id,
	})
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + enc.EncodeToString(signature), nil
}
