package main

import (
	"context"
	"errors"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What was read is no longer in the queue.
var consumed = map[int]bool{}

type rabbitmq struct {
	connection *amqp.Connection
	channel    *amqp.Channel
}

// A quorum queue, and a channel that confirms what it has published.
func connectRabbitmq(_ context.Context, address string) (database, error) {
	connection, err := amqp.DialConfig(address, amqp.Config{Dial: amqp.DefaultDial(patience)})
	if err != nil {
		return nil, err
	}
	channel, err := connection.Channel()
	if err == nil {
		_, err = channel.QueueDeclare("numbers", true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	}
	if err == nil {
		err = channel.Confirm(false)
	}
	if err != nil {
		_ = connection.Close()
		return nil, err
	}
	return &rabbitmq{connection, channel}, nil
}

func (r *rabbitmq) write(ctx context.Context, number int) error {
	message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(strconv.Itoa(number))}
	confirmation, err := r.channel.PublishWithDeferredConfirmWithContext(ctx, "", "numbers", true, false, message)
	if err != nil {
		return err
	}
	acknowledged, err := confirmation.WaitContext(ctx)
	if err == nil && !acknowledged {
		err = errors.New("not acknowledged")
	}
	return err
}

func (r *rabbitmq) read(ctx context.Context) (map[int]bool, error) {
	for ctx.Err() == nil {
		message, hasOne, err := r.channel.Get("numbers", true)
		if err != nil {
			return nil, err
		}
		if !hasOne {
			return consumed, nil
		}
		if number, err := strconv.Atoi(string(message.Body)); err == nil {
			consumed[number] = true
		}
	}
	return nil, ctx.Err()
}

func (r *rabbitmq) close() { _ = r.connection.Close() }
