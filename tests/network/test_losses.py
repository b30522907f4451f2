import torch

from sleeplm.network import losses


def test_contrast_falls_as_true_pairs_score_higher():
    true = torch.eye(4, dtype=torch.bool)
    unknown = torch.zeros_like(true)
    good, bad = 5.0 * true, 5.0 * ~true
    for loss in (losses.texts_to_epochs, losses.epochs_to_texts):
        assert loss(good, true, unknown) < loss(torch.zeros(4, 4), true, unknown) < loss(bad, true, unknown)


def test_what_is_unknown_has_no_gradient():
    true = torch.eye(3, dtype=torch.bool)
    unknown = torch.zeros_like(true)
    unknown[0, 1] = True
    for loss in (losses.texts_to_epochs, losses.epochs_to_texts):
        scores = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
        loss(scores, true, unknown).backward()
        assert scores.grad[0, 1] == 0 and scores.grad[1, 0] != 0


def test_true_texts_of_an_epoch_do_not_compete():
    scores = torch.tensor([[3.0, 3.0, 0.0]])
    true, unknown = torch.tensor([[True, True, False]]), torch.zeros(1, 3, dtype=torch.bool)
    alone = losses.epochs_to_texts(scores[:, [0, 2]], true[:, [0, 2]], unknown[:, :2])
    torch.testing.assert_close(losses.epochs_to_texts(scores, true, unknown), alone)


def test_a_text_true_of_all_or_none_says_nothing():
    scores = torch.randn(3, 2)
    true = torch.tensor([[True, False]] * 3)
    assert losses.texts_to_epochs(scores, true, torch.zeros_like(true)) == 0


def test_dense_loss_ignores_unknown_phrases():
    logits, lit = torch.full((2, 30, 2), 9.0), torch.zeros(2, 30, 2)
    known = losses.dense(logits, lit, torch.zeros(2, 2, dtype=torch.bool))
    half = losses.dense(logits, lit, torch.tensor([[True, False]] * 2))
    torch.testing.assert_close(half, known / 2)


def test_reconstruction_counts_recorded_channels_only():
    wanted = torch.zeros(1, 13, 30, 4)
    found = wanted.clone()
    found[:, 3] = 2.0
    here = torch.ones(1, 13, dtype=torch.bool)
    assert losses.reconstruction(found, wanted, here) > 0
    here[:, 3] = False
    assert losses.reconstruction(found, wanted, here) == 0


def test_captioning_forgives_padding():
    ids = torch.tensor([[1, 5, 2, 0, 0]])
    logits = torch.zeros(1, 4, 8)
    logits[0, 0, 5] = logits[0, 1, 2] = 30.0
    assert losses.captioning(logits, ids) < 1e-6
