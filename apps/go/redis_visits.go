package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// How long redis may take for a request, with the way there.
const redisTimeout = 2 * time.Second

// RedisVisits is a counter that lives in redis, where every replica of the app finds it.
type RedisVisits struct {
	client *redis.Client
	key    string
}

// NewRedisVisits makes no connection yet: redis may come later than the app, and go and come back.
func NewRedisVisits(address, key, password string) (*RedisVisits, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("REDIS_ADDRESS is not host:port: %w", err)
	}
	logging.Disable() // each request that fails is logged, with the reason
	client := redis.NewClient(&redis.Options{
		Addr:     address,
		Password: password,
		// An INCR whose answer is lost may have been carried out: asked again, the visit would count twice.
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           redisTimeout,
		ContextTimeoutEnabled: true,
	})
	return &RedisVisits{client: client, key: key}, nil
}

func (v *RedisVisits) String() string {
	return fmt.Sprintf("counting visits in redis at %s, key %q", v.client.Options().Addr, v.key)
}

// Add counts one visit and returns the new count, which redis has acknowledged. When it fails, the visit may have
// counted or not.
func (v *RedisVisits) Add(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return v.client.Incr(ctx, v.key).Uint64()
}

// Count returns the visits so far, of all replicas.
func (v *RedisVisits) Count(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	count, err := v.client.Get(ctx, v.key).Uint64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return count, err
}

// Check says why redis does not answer.
func (v *RedisVisits) Check(ctx context.Context) error {
	_, err := v.Count(ctx)
	return err
}
