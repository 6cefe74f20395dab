"""A judge model beside the exam's grade: whose answers it sees, what it said, how far it agrees."""
