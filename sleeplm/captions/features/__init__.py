"""What is measured in each epoch, facet by facet: attributes as plain values."""
