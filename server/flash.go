package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/ui"
)

const (
	flashCookie = "or3_flash"
	flashLife   = 2 * time.Minute
)

// flash is what one request leaves for the next page of the same browser: what
// the act did, how to take it back, or a secret that is shown this once. It
// travels in a cookie that is encrypted for the session, so that a secret is
// stored nowhere and nobody can plant words or buttons.
type flash struct {
	Until  int64      `json:"until"` // epoch ms
	Notice *ui.Notice `json:"notice,omitempty"`
	Secret *ui.Secret `json:"secret,omitempty"`
}

// sealer encrypts flashes; the zero value is ready.
type sealer struct {
	once sync.Once
	aead cipher.AEAD
}

// box makes the cipher from the deployment's key, or from randomness while
// there is none (a flash then lives no longer than the process).
func (s *sealer) box(secretKey string) cipher.AEAD {
	s.once.Do(func() {
		key := sha256.Sum256([]byte("or3 flash\x00" + secretKey))
		if secretKey == "" {
			_, _ = rand.Read(key[:]) // never fails: the program ends if the system has no randomness
		}
		block, err := aes.NewCipher(key[:])
		if err != nil {
			panic(err) // the key has 32 bytes
		}
		if s.aead, err = cipher.NewGCM(block); err != nil {
			panic(err) // the block has 16 bytes
		}
	})
	return s.aead
}

// Say leaves a notice for the next page.
func (r *request) Say(n ui.Notice) error { return r.leave(flash{Notice: &n}) }

// Saved is Say for a change that may be missed.
func (r *request) Saved(text string) error {
	return r.Say(ui.Notice{Tone: ui.OK, Role: "status", Text: text})
}

// Reveal leaves a secret for the next page, which shows it this once.
func (r *request) Reveal(secret ui.Secret) error { return r.leave(flash{Secret: &secret}) }

func (r *request) leave(f flash) error {
	f.Until = r.Now().Add(flashLife).UnixMilli()
	plain, err := json.Marshal(f)
	if err != nil {
		return err
	}
	box := r.s.flashes.box(r.s.config.Server.SecretKey)
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails, as above
	sealed := box.Seal(nonce, nonce, plain, []byte(r.session.ID))
	r.setFlash(base64.RawURLEncoding.EncodeToString(sealed), flashLife)
	return nil
}

// takeFlash gives what was left for this page and takes the cookie away. What
// was not sealed by us, for this session and a moment ago, is nothing.
func (r *request) takeFlash() *ui.Notice {
	f := r.openFlash()
	if f == nil {
		return nil
	}
	r.secret = f.Secret
	return f.Notice
}

func (r *request) openFlash() *flash {
	value := r.c.Cookies(flashCookie)
	if value == "" || r.session == nil {
		return nil
	}
	r.setFlash("", 0)
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	box := r.s.flashes.box(r.s.config.Server.SecretKey)
	if err != nil || len(sealed) < box.NonceSize() {
		return nil
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(r.session.ID))
	if err != nil {
		return nil
	}
	var f flash
	if err := json.Unmarshal(plain, &f); err != nil || f.Until < r.Now().UnixMilli() {
		return nil
	}
	return &f
}

// setFlash keeps a value for a while, or takes the cookie away. The life is a
// span, not a moment: the browser's clock may be wrong.
func (r *request) setFlash(value string, life time.Duration) {
	cookie := &fiber.Cookie{
		Name: flashCookie, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HTTPOnly: true, Secure: r.secure(), SameSite: fiber.CookieSameSiteLaxMode,
	}
	if life == 0 {
		cookie.Expires = time.Unix(1, 0).UTC()
	}
	r.c.Cookie(cookie)
}
